// The token that ends an assistant's turn.
#pragma once

#include <zer0/core/compiled.hpp>
#include <zer0/text/chat_template.hpp>
#include <zer0/text/tokenizer.hpp>

#include <optional>

namespace zer0 {

/// The token at which an answer is complete: the last special token of what the template lets an assistant produce,
/// such as <|im_end|>; where it writes none, or refuses a conversation of a user and an assistant, the tokenizer's
/// end-of-text token. Generation of chats stops there: a base model's eos is often another token.
[[nodiscard]] std::optional<token_id> chat_end_token(const chat_template& chat, const tokenizer& tok);

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/text/detail/chat_end_token.ipp>
#endif

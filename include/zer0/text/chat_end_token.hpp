// The token that ends an assistant's turn.
#pragma once

#include <zer0/text/chat_template.hpp>
#include <zer0/text/tokenizer.hpp>

#include <optional>
#include <string_view>
#include <vector>

namespace zer0 {

/// The token at which an answer is complete: the last special token of what the template lets an assistant produce,
/// such as <|im_end|>; where it writes none, or refuses a conversation of a user and an assistant, the tokenizer's
/// end-of-text token. Generation of chats stops there: a base model's eos is often another token.
[[nodiscard]] inline std::optional<token_id> chat_end_token(const chat_template& chat, const tokenizer& tok) {
  rendered_chat example;
  try {
    example = chat.render_with_spans(std::vector<chat_message>{{"user", "a"}, {"assistant", "b"}});
  } catch (const error&) {
    return tok.eos();
  }
  if (example.assistant.empty()) return tok.eos();
  const assistant_span span = example.assistant.back();
  const auto ids = tok.encode(std::string_view(example.text).substr(span.begin, span.end - span.begin));
  for (auto id = ids.rbegin(); id != ids.rend(); ++id)
    if (tok.is_special(*id)) return *id;
  return tok.eos();
}

}  // namespace zer0

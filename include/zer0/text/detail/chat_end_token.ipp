// Bodies of zer0/text/chat_end_token.hpp.
#pragma once

#include <zer0/text/chat_end_token.hpp>

#include <string_view>
#include <vector>

namespace zer0 {

ZER0_INLINE std::optional<token_id> chat_end_token(const chat_template& chat, const tokenizer& tok) {
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

// Bodies of zer0/text/stream_decoder.hpp.
#pragma once

#include <zer0/text/stream_decoder.hpp>
#include <zer0/text/utf8.hpp>

#include <utility>

namespace zer0 {

ZER0_INLINE stream_decoder::stream_decoder(tokenizer tok, bool skip_special)
    : tokenizer_(std::move(tok)), skip_special_(skip_special) {}

ZER0_INLINE std::string stream_decoder::push(token_id id) {
  if (skip_special_ && tokenizer_.is_special(id)) return {};
  pending_ += tokenizer_.token_bytes(id);
  std::string text;
  pending_.erase(0, append_lossy_utf8(text, pending_, true));
  return text;
}

ZER0_INLINE std::string stream_decoder::flush() {
  std::string text;
  append_lossy_utf8(text, pending_);
  pending_.clear();
  return text;
}

}  // namespace zer0

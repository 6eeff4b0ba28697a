// Decodes tokens one at a time, as they are generated.
#pragma once

#include <zer0/text/tokenizer.hpp>

#include <string>
#include <utility>

namespace zer0 {

/// Gives out text as soon as it is whole characters. The pieces of push() and the flush() at the end, joined, are
/// decode() of the same tokens. The tokenizer's tables are shared, not copied.
class stream_decoder {
 public:
  explicit stream_decoder(tokenizer tok, bool skip_special = true)
      : tokenizer_(std::move(tok)), skip_special_(skip_special) {}

  /// What the token adds; empty while a character is incomplete.
  std::string push(token_id id) {
    if (skip_special_ && tokenizer_.is_special(id)) return {};
    pending_ += tokenizer_.token_bytes(id);
    std::string text;
    pending_.erase(0, append_lossy_utf8(text, pending_, true));
    return text;
  }

  /// What is left at the end: U+FFFD for a character that never became whole. The decoder can then be used again.
  std::string flush() {
    std::string text;
    append_lossy_utf8(text, pending_);
    pending_.clear();
    return text;
  }

 private:
  tokenizer tokenizer_;
  std::string pending_;
  bool skip_special_;
};

}  // namespace zer0

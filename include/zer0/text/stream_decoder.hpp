// Decodes tokens one at a time, as they are generated.
#pragma once

#include <zer0/core/compiled.hpp>
#include <zer0/text/tokenizer.hpp>

#include <string>

namespace zer0 {

/// Gives out text as soon as it is whole characters. The pieces of push() and the flush() at the end, joined, are
/// decode() of the same tokens. The tokenizer's tables are shared, not copied.
class stream_decoder {
 public:
  explicit stream_decoder(tokenizer tok, bool skip_special = true);

  /// What the token adds; empty while a character is incomplete.
  std::string push(token_id id);

  /// What is left at the end: U+FFFD for a character that never became whole. The decoder can then be used again.
  std::string flush();

 private:
  tokenizer tokenizer_;
  std::string pending_;
  bool skip_special_;
};

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/text/detail/stream_decoder.ipp>
#endif

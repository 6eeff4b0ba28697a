// From a record's text to the tokens that are trained on.
#pragma once

#include <zer0/core/detail/compiled.hpp>
#include <zer0/core/error.hpp>
#include <zer0/core/types.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

namespace zer0 {

/// Turns a text into bos + text + eos, where the tokenizer has those. Text that looks like a
/// special token ("<|im_end|>") is encoded as the text it is: data cannot end a document or start a
/// chat turn. Thread-safe as the tokenizer's `encode` is.
class document_encoder {
 public:
  /// `Tokenizer` is zer0::tokenizer, or anything with its `encode`, `bos`, `eos` and `pad`; with a
  /// `fingerprint()` too, a number that tells it from others, what is counted by it can be kept. It
  /// must outlive this object.
  template <class Tokenizer>
  explicit document_encoder(const Tokenizer& tokenizer)
      : bos_(tokenizer.bos()),
        eos_(tokenizer.eos()),
        pad_(tokenizer.pad().value_or(tokenizer.eos().value_or(0))),
        encode_([&tokenizer](std::string_view text, std::vector<token_id>& tokens) {
          tokenizer.encode(text, tokens, {.parse_special = false});
        }) {
    if constexpr (requires { std::uint64_t{tokenizer.fingerprint()}; })
      fingerprint_ = tokenizer.fingerprint();
  }

  /// Replaces `tokens` by those of the text. Throws: what the tokenizer does, and zer0::error for
  /// over 2^31 - 1 tokens.
  void operator()(std::string_view text, std::vector<token_id>& tokens) const;

  /// What fills the places that hold no token: the tokenizer's pad token, else its eos, else 0.
  /// Nothing is learned there.
  [[nodiscard]] token_id pad() const { return pad_; }

  /// A number that tells this encoder from others, almost surely; none for a tokenizer of which
  /// nothing is known.
  [[nodiscard]] std::optional<std::uint64_t> fingerprint() const;

 private:
  std::optional<token_id> bos_;
  std::optional<token_id> eos_;
  token_id pad_;
  std::function<void(std::string_view, std::vector<token_id>&)> encode_;
  std::optional<std::uint64_t> fingerprint_;  // of the tokenizer
};

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/data/detail/document_encoder.ipp>
#endif

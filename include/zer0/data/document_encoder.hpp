// From a record's text to the tokens that are trained on.
#pragma once

#include <zer0/core/compiled.hpp>
#include <zer0/core/error.hpp>
#include <zer0/core/types.hpp>

#include <exception>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace zer0 {

/// Turns a text into bos + text + eos, where the tokenizer has those. Text that looks like a special token
/// ("<|im_end|>") is encoded as the text it is: data cannot end a document or start a chat turn. Thread-safe as the
/// tokenizer's `encode` is.
class document_encoder {
 public:
  /// `Tokenizer` is zer0::tokenizer, or anything with its `encode`, `bos`, `eos` and `pad`. It must outlive this
  /// object.
  template <class Tokenizer>
  explicit document_encoder(const Tokenizer& tokenizer)
      : bos_(tokenizer.bos()),
        eos_(tokenizer.eos()),
        pad_(tokenizer.pad().value_or(tokenizer.eos().value_or(0))),
        encode_([&tokenizer](std::string_view text, std::vector<token_id>& tokens) {
          tokenizer.encode(text, tokens, {.parse_special = false});
        }) {}

  /// Replaces `tokens` by those of the text.
  void operator()(std::string_view text, std::vector<token_id>& tokens) const;

  /// What fills the places that hold no token: the tokenizer's pad token, else its eos, else 0. Nothing is learned
  /// there.
  [[nodiscard]] token_id pad() const { return pad_; }

 private:
  std::optional<token_id> bos_;
  std::optional<token_id> eos_;
  token_id pad_;
  std::function<void(std::string_view, std::vector<token_id>&)> encode_;
};

namespace detail {

/// Tokens of a record, with the memory that making them takes; keeps the last one, since a long document spans many
/// batches.
template <class Records>
class record_encoder {
 public:
  /// Throws: zer0::error naming file and line where the text cannot be read or encoded.
  const std::vector<token_id>& tokens(const Records& records, const document_encoder& encode, index_t record) {
    if (record == last_) return tokens_;
    last_ = -1;
    records.read(record, text_);
    try {
      encode(text_, tokens_);
    } catch (const std::exception& e) {
      fail(records.where(record), ": ", e.what());
    }
    constexpr std::size_t most = std::numeric_limits<std::int32_t>::max();
    if (tokens_.size() > most) fail(records.where(record), ": the text has ", tokens_.size(), " tokens, over ", most);
    last_ = record;
    return tokens_;
  }

 private:
  std::string text_;
  std::vector<token_id> tokens_;
  index_t last_ = -1;
};

}  // namespace detail

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/data/detail/document_encoder.ipp>
#endif

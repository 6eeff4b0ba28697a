// Laying documents out in the rows of a batch. Users include pretrain_data.hpp.
#pragma once

#include <zer0/core/batch.hpp>
#include <zer0/core/compiled.hpp>
#include <zer0/core/types.hpp>
#include <zer0/data/shuffle.hpp>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace zer0::detail {

/// Which record stands at position i of the epoch.
struct record_order {
  bool shuffled = false;
  permutation shuffle{};

  [[nodiscard]] index_t operator()(index_t i) const { return shuffled ? shuffle(i) : i; }
};

/// A place in the stream of all documents of an epoch: before token `token` of the document at position `document`.
struct stream_position {
  index_t document = 0;
  index_t token = 0;
};

/// How long the documents are.
class token_stream {
 public:
  explicit token_stream(std::vector<std::uint32_t> counts);

  [[nodiscard]] index_t tokens() const { return tokens_; }

  [[nodiscard]] index_t length(index_t record) const { return counts_[static_cast<std::size_t>(record)]; }

  /// Moves the position on by that many tokens, at most to the end of the stream.
  void advance(stream_position& at, const record_order& order, index_t tokens) const;

 private:
  std::vector<std::uint32_t> counts_;
  index_t tokens_ = 0;
};

/// n places that hold no token, and no sequence yet.
void clear_batch(token_batch& batch, index_t n, token_id pad);

/// Puts tokens[from], ... at place `at` of the batch, `count` of them, each with the token after it as its target.
void place_tokens(token_batch& batch, index_t at, const std::vector<token_id>& tokens, index_t from, index_t count);

/// One document a row; `tokens_at(position)` gives the documents, the first row's is number `first`.
template <class TokensAt>
void fill_padded(token_batch& batch, index_t seq, index_t first, index_t rows, TokensAt tokens_at) {
  for (index_t row = 0; row < rows; ++row) {
    const std::vector<token_id>& tokens = tokens_at(first + row);
    place_tokens(batch, row * seq, tokens, 0, std::min(seq, static_cast<index_t>(tokens.size())));
    batch.starts.push_back(static_cast<std::int32_t>(row * seq));
  }
  batch.starts.push_back(static_cast<std::int32_t>(rows * seq));
}

/// The documents from `from` on, until the batch is full or `documents` are used up.
template <class TokensAt>
void fill_packed(token_batch& batch, index_t seq, stream_position from, index_t documents, TokensAt tokens_at) {
  const index_t n = batch.tokens();
  index_t at = 0;
  for (; at < n && from.document < documents; from = {.document = from.document + 1, .token = 0}) {
    const std::vector<token_id>& tokens = tokens_at(from.document);
    const index_t count = std::min(n - at, static_cast<index_t>(tokens.size()) - from.token);
    place_tokens(batch, at, tokens, from.token, count);
    // The document begins a sequence, and so does every row inside it.
    for (index_t start = at; start < at + count; start += seq - start % seq)
      batch.starts.push_back(static_cast<std::int32_t>(start));
    at += count;
  }
  batch.starts.push_back(static_cast<std::int32_t>(n));
}

}  // namespace zer0::detail

#ifndef ZER0_COMPILED
#include <zer0/data/detail/packing.ipp>
#endif

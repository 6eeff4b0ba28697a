// Bodies of zer0/data/detail/packing.hpp.
#pragma once

#include <zer0/data/detail/packing.hpp>

#include <cstddef>
#include <numeric>
#include <utility>

namespace zer0::detail {

ZER0_INLINE token_stream::token_stream(std::vector<std::uint32_t> counts)
    : counts_(std::move(counts)), tokens_(std::accumulate(counts_.begin(), counts_.end(), index_t{0})) {}

ZER0_INLINE void token_stream::advance(stream_position& at, const record_order& order, index_t tokens) const {
  const auto documents = static_cast<index_t>(counts_.size());
  while (at.document < documents) {
    const index_t left = length(order(at.document)) - at.token;
    if (tokens < left) {
      at.token += tokens;
      return;
    }
    tokens -= left;
    at = {.document = at.document + 1, .token = 0};
  }
}

ZER0_INLINE void clear_batch(token_batch& batch, index_t n, token_id pad) {
  const auto size = static_cast<std::size_t>(n);
  batch.ids.assign(size, pad);
  batch.targets.assign(size, pad);
  batch.weights.assign(size, 0.0f);
  batch.starts.clear();
}

ZER0_INLINE void place_tokens(token_batch& batch, index_t at, const std::vector<token_id>& tokens, index_t from,
                              index_t count) {
  for (index_t i = 0; i < count; ++i) {
    const auto place = static_cast<std::size_t>(at + i);
    const auto source = static_cast<std::size_t>(from + i);
    batch.ids[place] = tokens[source];
    if (source + 1 == tokens.size()) continue;
    batch.targets[place] = tokens[source + 1];
    batch.weights[place] = 1.0f;
  }
}

}  // namespace zer0::detail

// Bodies of zer0/model/workspace.hpp.
#pragma once

#include <zer0/core/error.hpp>
#include <zer0/model/workspace.hpp>

#include <algorithm>

namespace zer0::detail {

ZER0_INLINE void check_token(const char* what, token_id token, std::size_t at, const dims& sizes) {
  if (token < 0 || token >= sizes.vocab_size)
    fail("batch: ", what, " ", token, " at position ", at, " is outside the vocabulary of ",
         sizes.vocab_size, "; use the tokenizer that the model was made for");
}

ZER0_INLINE void check_batch(const token_batch& batch, const dims& sizes) {
  const std::size_t n = batch.ids.size();
  require(n > 0, "batch: it has no tokens");
  require(batch.targets.size() == n && batch.weights.size() == n, "batch: ", n, " ids, ",
          batch.targets.size(), " targets and ", batch.weights.size(),
          " weights; there must be one of each for every token");
  require(batch.starts.size() >= 2 && batch.starts.front() == 0 &&
              batch.starts.back() == batch.tokens(),
          "batch: starts must begin with 0 and end with the number of tokens (", n, ")");
  require(batch.references.empty() ||
              static_cast<index_t>(batch.references.size()) == batch.sequences(),
          "batch: ", batch.references.size(), " references for ", batch.sequences(),
          " sequences; there must be one for each, or none at all");
  for (std::size_t i = 0; i < n; ++i) {
    check_token("id", batch.ids[i], i, sizes);
    if (batch.weights[i] != 0) check_token("target", batch.targets[i], i, sizes);
  }
  for (std::size_t s = 0; s + 1 < batch.starts.size(); ++s) {
    const index_t length = index_t{batch.starts[s + 1]} - batch.starts[s];
    require(length > 0, "batch: sequence ", s, " is empty or its start lies behind the next one's");
    require(length <= sizes.max_seq_len, "batch: sequence ", s, " has ", length,
            " tokens; the model accepts max_seq_len = ", sizes.max_seq_len);
  }
}

ZER0_INLINE index_t number_positions(const std::vector<std::int32_t>& starts,
                                     std::vector<std::int32_t>& positions) {
  positions.resize(static_cast<std::size_t>(starts.back()));
  index_t longest = 0;
  for (std::size_t s = 0; s + 1 < starts.size(); ++s) {
    const std::int32_t length = starts[s + 1] - starts[s];
    longest = std::max<index_t>(longest, length);
    for (std::int32_t i = 0; i < length; ++i)
      positions[static_cast<std::size_t>(starts[s] + i)] = i;
  }
  return longest;
}

ZER0_INLINE void find_padding(const token_batch& batch, std::vector<float>& live) {
  live.assign(batch.ids.size(), 0);
  for (std::size_t s = 0; s + 1 < batch.starts.size(); ++s) {
    bool learned = false;
    for (auto i = static_cast<std::size_t>(batch.starts[s + 1]);
         i-- > static_cast<std::size_t>(batch.starts[s]);) {
      learned = learned || batch.weights[i] != 0;
      live[i] = learned ? 1 : 0;
    }
  }
}

}  // namespace zer0::detail

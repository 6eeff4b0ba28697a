// Bodies of zer0/generate/generate.hpp.
#pragma once

#include <zer0/core/error.hpp>
#include <zer0/generate/generate.hpp>

#include <algorithm>
#include <limits>

namespace zer0::detail {

ZER0_INLINE void check_session(index_t sequences, index_t capacity, index_t max_seq_len) {
  require(sequences > 0 && capacity > 0, "generation: ", sequences, " sequences of ", capacity,
          " tokens asked for; there must be at least 1 of each");
  require(capacity <= max_seq_len, "generation: ", capacity,
          " tokens of context asked for; the model accepts max_seq_len = ", max_seq_len);
  constexpr index_t most = std::numeric_limits<std::int32_t>::max();
  require(sequences <= most / capacity, "generation: ", sequences, " sequences of ", capacity,
          " tokens are more than ", most, " tokens in all; generate fewer at once");
}

ZER0_INLINE void session_rows::lay_out(std::span<const std::vector<token_id>> pieces,
                                       std::span<const std::int32_t> past, index_t capacity,
                                       index_t vocab_size) {
  require(pieces.size() == past.size(), "generation: ", pieces.size(), " pieces for ", past.size(),
          " sequences");
  starts.assign(1, 0);
  ids.clear();
  positions.clear();
  slots.clear();
  last_rows.clear();
  for (std::size_t s = 0; s < pieces.size(); ++s) {
    require(past[s] + static_cast<index_t>(pieces[s].size()) <= capacity, "generation: sequence ",
            s, " would have ", past[s] + static_cast<index_t>(pieces[s].size()),
            " tokens; there is room for ", capacity);
    for (const token_id token : pieces[s]) {
      require(token >= 0 && token < vocab_size, "generation: token ", token,
              " is outside the vocabulary of ", vocab_size,
              "; use the tokenizer that the model was made for");
      const auto position = static_cast<std::int32_t>(
          past[s] + static_cast<std::int32_t>(ids.size()) - starts.back());
      ids.push_back(token);
      positions.push_back(position);
      slots.push_back(static_cast<std::int32_t>(static_cast<index_t>(s) * capacity) + position);
    }
    if (!pieces[s].empty()) last_rows.push_back(static_cast<std::int32_t>(ids.size()) - 1);
    starts.push_back(static_cast<std::int32_t>(ids.size()));
  }
  require(
      !ids.empty(),
      "generation: no token given; a prompt needs at least one (the begin-of-text token will do)");
}

ZER0_INLINE index_t longest_prompt(const std::vector<std::vector<token_id>>& prompts,
                                   index_t max_seq_len) {
  index_t longest = 0;
  for (std::size_t i = 0; i < prompts.size(); ++i) {
    const auto size = static_cast<index_t>(prompts[i].size());
    require(size > 0, "generation: prompt ", i + 1,
            " has no tokens; begin with the begin-of-text token");
    require(size < max_seq_len, "generation: prompt ", i + 1, " has ", size,
            " tokens, which leaves no room in a context of max_seq_len = ", max_seq_len,
            "; shorten it");
    longest = std::max(longest, size);
  }
  return longest;
}

}  // namespace zer0::detail

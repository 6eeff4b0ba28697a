// Bodies of zer0/generate/generate.hpp.
#pragma once

#include <zer0/core/error.hpp>
#include <zer0/generate/generate.hpp>

#include <algorithm>

namespace zer0::detail {

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

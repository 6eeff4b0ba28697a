// Pairs of answers of which one is preferred, for `eval --preferences`.
#pragma once

#include "eval/prompt_format.hpp"
#include <zer0/core/types.hpp>

#include <filesystem>
#include <vector>

namespace program {

/// Two conversations of one sequence each; only the tokens of the answer that differs have weight.
struct answer_pair {
  zer0::token_batch chosen, rejected;
};

struct answer_pairs {
  std::vector<answer_pair> pairs;
  index_t too_long = 0;  ///< pairs that are left out, as one of them does not fit into the context
};

/// A JSON Lines file of {"chosen": [messages], "rejected": [messages]} that begin with the same
/// messages. Throws zer0::error "FILE:LINE: what is wrong". In eval/preferences.cpp, so that no
/// compiler of a device sees what chat templates take.
answer_pairs open_pairs(const std::filesystem::path& path, const prompt_format& format,
                        index_t context);

}  // namespace program

// The modes of training: how the folders of their runs are called, and whose weights they begin
// with.
#pragma once

#include "support/usage_error.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace program {

struct training_mode {
  std::string_view name;  ///< of --mode
  std::string_view run;   ///< OUT_DIR/RUN_DIM is the folder of a run
  std::string_view from;  ///< the mode whose run it goes on from, unless --init_from says
                          ///< otherwise; empty: from nothing
};

inline constexpr std::array training_modes{
    training_mode{"pretrain", "pretrain", ""}, training_mode{"sft", "sft", "pretrain"},
    training_mode{"dpo", "rlhf", "sft"}, training_mode{"test", "test", ""}};  // zer0::self_check

/// Throws usage_error for a name that is no mode of training.
inline const training_mode& mode_of(std::string_view name) {
  const auto found = std::ranges::find(training_modes, name, &training_mode::name);
  demand(found != training_modes.end(), "--mode ", name, " is not a mode of training");
  return *found;
}

}  // namespace program

// Which variant a run or a model in files asks for.
#pragma once

#include <zer0/checkpoint/model_files.hpp>

#include <filesystem>
#include <string>

namespace program {

/// None, or how they are scored: zer0::softmax_top_k or zer0::sigmoid_bias.
enum class expert_kind { none, softmax, sigmoid };

/// What the options and a model's files ask for.
struct variant_choice {
  bool flash = false;
  bool tied = true;
  bool recompute = false;
  expert_kind experts = expert_kind::none;
  bool operator==(const variant_choice&) const = default;
};

/// The experts of a model in files, told by its tensors.
inline expert_kind experts_in(const std::filesystem::path& directory) {
  expert_kind kind = expert_kind::none;
  for (const std::string& name : zer0::tensor_names(directory)) {
    if (name.ends_with(".gate.e_score_correction_bias")) return expert_kind::sigmoid;
    if (name.ends_with(".gate.weight")) kind = expert_kind::softmax;
  }
  return kind;
}

}  // namespace program

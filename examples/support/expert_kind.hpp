// Which experts a model has.
#pragma once

#include <zer0/checkpoint/model_files.hpp>

#include <filesystem>
#include <string>

namespace program {

/// None, or how they are scored: zer0::softmax_top_k or zer0::sigmoid_bias.
enum class expert_kind { none, softmax, sigmoid };

/// Those of a model in files, told by its tensors.
inline expert_kind experts_in(const std::filesystem::path& directory) {
  expert_kind kind = expert_kind::none;
  for (const std::string& name : zer0::tensor_names(directory)) {
    if (name.ends_with(".gate.e_score_correction_bias")) return expert_kind::sigmoid;
    if (name.ends_with(".gate.weight")) kind = expert_kind::softmax;
  }
  return kind;
}

}  // namespace program

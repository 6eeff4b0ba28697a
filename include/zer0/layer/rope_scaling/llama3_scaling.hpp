// Rotary positions for longer sequences, as Llama 3.1 has them.
#pragma once

#include <zer0/core/detail/compiled.hpp>
#include <zer0/layer/rope.hpp>

#include <string_view>

namespace zer0 {

/// A pair whose wave is shorter than `original_max_seq_len` / `high_freq_factor` tokens keeps its
/// frequency; one whose wave is longer than `original_max_seq_len` / `low_freq_factor` has it
/// divided by `factor`; between them, something between. All of dims::rope_scaling. Source: Llama
/// Team 2024, arXiv:2407.21783, section 3.4.2 names the change of base; this rule is that of their
/// published code (meta-llama/llama-models, apply_scaling) and of transformers.
struct llama3_scaling {
  using role = rope_scaling_role;
  static constexpr std::string_view rope_type = "llama3";

  static rope_angles angles(const dims& sizes, index_t head_dim);
};

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/layer/rope_scaling/detail/llama3_scaling.ipp>
#endif

// Rotary positions for longer sequences, as Llama 3.1 has them.
#pragma once

#include <zer0/layer/rope.hpp>

#include <algorithm>
#include <numbers>

namespace zer0 {

/// A pair whose wave is shorter than `original_max_seq_len` / `high_freq_factor` tokens keeps its frequency; one whose
/// wave is longer than `original_max_seq_len` / `low_freq_factor` has it divided by `factor`; between them, something
/// between. All of dims::rope_scaling. Source: Llama Team 2024, arXiv:2407.21783, section 3.4.2 names the change of
/// base; this rule is that of their published code (meta-llama/llama-models, apply_scaling) and of transformers.
struct llama3_scaling {
  using role = rope_scaling_role;

  static rope_angles angles(const dims& sizes, index_t head_dim) {
    const rope_scaling_sizes& s = sizes.rope_scaling;
    const auto tokens = static_cast<double>(s.original_max_seq_len > 0 ? s.original_max_seq_len : sizes.max_seq_len);
    rope_angles a = unscaled::angles(sizes, head_dim);
    for (double& f : a.frequencies) {
      const double wave = 2 * std::numbers::pi / f;
      const double kept =
          std::clamp((tokens / wave - s.low_freq_factor) / (s.high_freq_factor - s.low_freq_factor), 0.0, 1.0);
      f *= (1 - kept) / s.factor + kept;
    }
    return a;
  }
};

}  // namespace zer0

// Bodies of zer0/layer/rope_scaling/llama3_scaling.hpp.
#pragma once

#include <zer0/layer/rope_scaling/llama3_scaling.hpp>

#include <algorithm>
#include <numbers>

namespace zer0 {

ZER0_INLINE rope_angles llama3_scaling::angles(const dims& sizes, index_t head_dim) {
  const rope_scaling_sizes& s = sizes.rope_scaling;
  const auto tokens =
      static_cast<double>(s.original_max_seq_len > 0 ? s.original_max_seq_len : sizes.max_seq_len);
  rope_angles a = unscaled::angles(sizes, head_dim);
  for (double& f : a.frequencies) {
    const double wave = 2 * std::numbers::pi / f;
    const double kept = std::clamp(
        (tokens / wave - s.low_freq_factor) / (s.high_freq_factor - s.low_freq_factor), 0.0, 1.0);
    f *= (1 - kept) / s.factor + kept;
  }
  return a;
}

}  // namespace zer0

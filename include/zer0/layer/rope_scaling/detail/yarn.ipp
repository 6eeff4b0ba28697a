// Bodies of zer0/layer/rope_scaling/yarn.hpp.
#pragma once

#include <zer0/layer/rope_scaling/yarn.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace zer0 {

ZER0_INLINE rope_angles yarn::angles(const dims& sizes, index_t head_dim) {
  require(sizes.rope_theta > 1, "yarn: dims::rope_theta is ", sizes.rope_theta,
          "; it must be above 1");
  const rope_scaling_sizes& s = sizes.rope_scaling;
  const double low = std::max(std::floor(pair_that_turns(s.beta_fast, sizes, head_dim)), 0.0);
  double high = std::min(std::ceil(pair_that_turns(s.beta_slow, sizes, head_dim)),
                         static_cast<double>(head_dim - 1));
  if (low == high) high += 0.001;
  rope_angles a = unscaled::angles(sizes, head_dim);
  for (std::size_t j = 0; j < a.frequencies.size(); ++j) {
    const double ramp = std::clamp((static_cast<double>(j) - low) / (high - low), 0.0, 1.0);
    a.frequencies[j] *= ramp / s.factor + (1 - ramp);
  }
  a.magnitude = magnitude(s);
  return a;
}

ZER0_INLINE double yarn::growth(double factor, double weight) {
  return 1 + 0.1 * weight * std::log(factor);
}

ZER0_INLINE double yarn::pair_that_turns(double turns, const dims& sizes, index_t head_dim) {
  const index_t length = sizes.rope_scaling.original_max_seq_len;
  const auto tokens = static_cast<double>(length > 0 ? length : sizes.max_seq_len);
  return static_cast<double>(head_dim) * std::log(tokens / (turns * 2 * std::numbers::pi)) /
         (2 * std::log(sizes.rope_theta));
}

ZER0_INLINE double yarn::magnitude(const rope_scaling_sizes& s) {
  if (s.attention_factor > 0) return s.attention_factor;
  if (s.mscale > 0 && s.mscale_all_dim > 0)
    return growth(s.factor, s.mscale) / growth(s.factor, s.mscale_all_dim);
  return growth(s.factor, 1);
}

}  // namespace zer0

// Rotary positions for longer sequences: fast pairs are kept, slow ones interpolated.
#pragma once

#include <zer0/layer/rope.hpp>

#include <algorithm>
#include <numbers>

namespace zer0 {

/// Pairs that turn more than `beta_fast` times in the sequences of the first training keep their frequency, those that
/// turn less than `beta_slow` times have it divided by `factor`, and those between, something between. cos and sin are
/// multiplied by `attention_factor`; if that is 0, by 0.1 ln(factor) + 1, or, if `mscale` and `mscale_all_dim` are
/// given, by (0.1 mscale ln(factor) + 1) / (0.1 mscale_all_dim ln(factor) + 1). All of dims::rope_scaling.
/// Throws: zer0::error if rope_theta is not above 1. Source: Peng et al. 2023, arXiv:2309.00071, section 3.2 and 3.4;
/// mscale: DeepSeek-AI 2024, arXiv:2405.04434, section 3.1.4.
struct yarn {
  using role = rope_scaling_role;

  static rope_angles angles(const dims& sizes, index_t head_dim) {
    require(sizes.rope_theta > 1, "yarn: dims::rope_theta is ", sizes.rope_theta, "; it must be above 1");
    const rope_scaling_sizes& s = sizes.rope_scaling;
    const double low = std::max(std::floor(pair_that_turns(s.beta_fast, sizes, head_dim)), 0.0);
    double high = std::min(std::ceil(pair_that_turns(s.beta_slow, sizes, head_dim)), static_cast<double>(head_dim - 1));
    if (low == high) high += 0.001;
    rope_angles a = unscaled::angles(sizes, head_dim);
    for (std::size_t j = 0; j < a.frequencies.size(); ++j) {
      const double ramp = std::clamp((static_cast<double>(j) - low) / (high - low), 0.0, 1.0);
      a.frequencies[j] *= ramp / s.factor + (1 - ramp);
    }
    a.magnitude = magnitude(s);
    return a;
  }

  /// 0.1 weight ln(factor) + 1.
  static double growth(double factor, double weight) { return 1 + 0.1 * weight * std::log(factor); }

 private:
  /// The (fractional) number of the pair that turns `turns` times in the sequences of the first training.
  static double pair_that_turns(double turns, const dims& sizes, index_t head_dim) {
    const index_t length = sizes.rope_scaling.original_max_seq_len;
    const auto tokens = static_cast<double>(length > 0 ? length : sizes.max_seq_len);
    return static_cast<double>(head_dim) * std::log(tokens / (turns * 2 * std::numbers::pi)) /
           (2 * std::log(sizes.rope_theta));
  }
  static double magnitude(const rope_scaling_sizes& s) {
    if (s.attention_factor > 0) return s.attention_factor;
    if (s.mscale > 0 && s.mscale_all_dim > 0) return growth(s.factor, s.mscale) / growth(s.factor, s.mscale_all_dim);
    return growth(s.factor, 1);
  }
};

}  // namespace zer0

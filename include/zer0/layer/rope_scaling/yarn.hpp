// RoPE scaling by YaRN: fast pairs keep their frequency, slow ones are interpolated.
#pragma once

#include <zer0/core/detail/compiled.hpp>
#include <zer0/layer/rope.hpp>

#include <string_view>

namespace zer0 {

/// A pair that turns more than `beta_fast` times within `original_max_seq_len` tokens keeps its
/// frequency; if it turns less than `beta_slow` times, its frequency is divided by `factor`; in
/// between, the two are blended. cos and sin are multiplied by `attention_factor`. If that is 0,
/// they are multiplied by 0.1 ln(factor) + 1, or, if `mscale` and `mscale_all_dim` are given, by
/// (0.1 mscale ln(factor) + 1) / (0.1 mscale_all_dim ln(factor) + 1). Sizes: dims::rope_scaling.
/// Throws zer0::error if rope_theta is not above 1. Source: Peng et al. 2023, arXiv:2309.00071,
/// sections 3.2 and 3.4; mscale: DeepSeek-AI 2024, arXiv:2405.04434, section 3.1.4.
struct yarn {
  using role = rope_scaling_role;
  static constexpr std::string_view rope_type = "yarn";

  static rope_angles angles(const dims& sizes, index_t head_dim);

  /// 0.1 weight ln(factor) + 1.
  static double growth(double factor, double weight);

 private:
  /// The index j, possibly fractional, of the pair that turns `turns` times within
  /// `original_max_seq_len` tokens.
  static double pair_that_turns(double turns, const dims& sizes, index_t head_dim);
  static double magnitude(const rope_scaling_sizes& s);
};

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/layer/rope_scaling/detail/yarn.ipp>
#endif

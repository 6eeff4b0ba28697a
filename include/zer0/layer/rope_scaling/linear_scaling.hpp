// RoPE scaling by position interpolation.
#pragma once

#include <zer0/core/detail/compiled.hpp>
#include <zer0/layer/rope.hpp>

#include <string_view>

namespace zer0 {

/// Divides all frequencies by `rope_scaling.factor`, which squeezes positions into the range of the
/// original training. Source: Chen et al. 2023, arXiv:2306.15595, section 2.3.
struct linear_scaling {
  using role = rope_scaling_role;
  static constexpr std::string_view rope_type = "linear";

  static rope_angles angles(const dims& sizes, index_t head_dim);
};

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/layer/rope_scaling/detail/linear_scaling.ipp>
#endif

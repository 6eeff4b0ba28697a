// Rotary positions for longer sequences: a larger base.
#pragma once

#include <zer0/core/detail/compiled.hpp>
#include <zer0/layer/rope.hpp>

#include <string_view>

namespace zer0 {

/// The base becomes theta * factor^(C / (C - 2)): the fastest pair turns as before, the slowest
/// `rope_scaling.factor` times slower. Throws: zer0::error if a head has fewer than four elements
/// that turn. Source: Peng et al. 2023, arXiv:2309.00071, section 3.1, who name its first
/// description.
struct ntk_aware {
  using role = rope_scaling_role;
  // no name of Hugging Face's: their "dynamic" follows the length of each text
  static constexpr std::string_view rope_type = "ntk_aware";

  static rope_angles angles(const dims& sizes, index_t head_dim);
};

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/layer/rope_scaling/detail/ntk_aware.ipp>
#endif

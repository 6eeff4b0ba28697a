// RoPE scaling by a larger base.
#pragma once

#include <zer0/core/detail/compiled.hpp>
#include <zer0/layer/rope.hpp>

#include <string_view>

namespace zer0 {

/// The base becomes theta * factor^(C / (C - 2)): the fastest pair turns as before, the slowest
/// `rope_scaling.factor` times slower. Throws zer0::error if fewer than four elements of a head are
/// turned. Source: Peng et al. 2023, arXiv:2309.00071, section 3.1, who cite its first description.
struct ntk_aware {
  using role = rope_scaling_role;
  // not a name of Hugging Face: their "dynamic" depends on the length of each text
  static constexpr std::string_view rope_type = "ntk_aware";

  static rope_angles angles(const dims& sizes, index_t head_dim);
};

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/layer/rope_scaling/detail/ntk_aware.ipp>
#endif

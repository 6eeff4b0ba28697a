// Rotary positions for longer sequences: a larger base.
#pragma once

#include <zer0/layer/rope.hpp>

namespace zer0 {

/// The base becomes theta * factor^(C / (C - 2)): the fastest pair turns as before, the slowest `rope_scaling.factor`
/// times slower. Throws: zer0::error if a head has fewer than four elements that turn. Source: Peng et al. 2023,
/// arXiv:2309.00071, section 3.1, who name its first description.
struct ntk_aware {
  using role = rope_scaling_role;

  static rope_angles angles(const dims& sizes, index_t head_dim) {
    require(head_dim > 2, "ntk_aware: a head has ", head_dim, " elements that turn; it needs at least 4");
    const auto c = static_cast<double>(head_dim);
    dims longer = sizes;
    longer.rope_theta *= std::pow(sizes.rope_scaling.factor, c / (c - 2));
    return unscaled::angles(longer, head_dim);
  }
};

}  // namespace zer0

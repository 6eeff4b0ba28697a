// Bodies of zer0/layer/rope_scaling/ntk_aware.hpp.
#pragma once

#include <zer0/layer/rope_scaling/ntk_aware.hpp>

#include <cmath>

namespace zer0 {

ZER0_INLINE rope_angles ntk_aware::angles(const dims& sizes, index_t head_dim) {
  require(head_dim > 2, "ntk_aware: a head has ", head_dim,
          " elements that turn; it needs at least 4");
  const auto c = static_cast<double>(head_dim);
  dims longer = sizes;
  longer.rope_theta *= std::pow(sizes.rope_scaling.factor, c / (c - 2));
  return unscaled::angles(longer, head_dim);
}

}  // namespace zer0

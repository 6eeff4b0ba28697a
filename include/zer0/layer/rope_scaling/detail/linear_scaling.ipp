// Bodies of zer0/layer/rope_scaling/linear_scaling.hpp.
#pragma once

#include <zer0/layer/rope_scaling/linear_scaling.hpp>

namespace zer0 {

ZER0_INLINE rope_angles linear_scaling::angles(const dims& sizes, index_t head_dim) {
  rope_angles a = unscaled::angles(sizes, head_dim);
  for (double& f : a.frequencies) f /= sizes.rope_scaling.factor;
  return a;
}

}  // namespace zer0

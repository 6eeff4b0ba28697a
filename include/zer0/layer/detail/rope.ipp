// Bodies of zer0/layer/rope.hpp.
#pragma once

#include <zer0/layer/rope.hpp>

#include <cmath>

namespace zer0 {

ZER0_INLINE rope_angles unscaled::angles(const dims& sizes, index_t head_dim) {
  rope_angles a;
  for (index_t j = 0; j < head_dim / 2; ++j)
    a.frequencies.push_back(
        std::pow(sizes.rope_theta, -2.0 * static_cast<double>(j) / static_cast<double>(head_dim)));
  return a;
}

}  // namespace zer0

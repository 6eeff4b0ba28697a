// Rotary positions of the reference device.
#pragma once

#include <zer0/device/reference/device.hpp>

#include <cmath>

namespace zer0 {

inline void rotate(reference&, rope_pairing pairing, rope_direction direction, index_t head_dim, id_span positions,
                   std::span<const double> frequencies, double magnitude, tensor_view<double> x) {
  const index_t half = head_dim / 2;
  for (index_t i = 0; i < x.rows; ++i)
    for (index_t head = 0; head < x.cols; head += head_dim)
      for (index_t j = 0; j < half; ++j) {
        const double angle = positions[static_cast<std::size_t>(i)] * frequencies[static_cast<std::size_t>(j)];
        const double c = magnitude * std::cos(angle);
        const double s = magnitude * (direction == rope_direction::forward ? std::sin(angle) : -std::sin(angle));
        double& a = x(i, head + (pairing == rope_pairing::interleaved ? 2 * j : j));
        double& b = x(i, head + (pairing == rope_pairing::interleaved ? 2 * j + 1 : j + half));
        const double old_a = a;
        a = old_a * c - b * s;
        b = old_a * s + b * c;
      }
}

}  // namespace zer0

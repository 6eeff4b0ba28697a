// Body of the cpu device's rotary positions.
#pragma once

#include <zer0/device/cpu.hpp>
#include <zer0/device/detail/cpu/parallel.hpp>

#include <cmath>

namespace zer0 {

ZER0_INLINE void rotate(cpu&, const rotate_operands<cpu>& of) {
  const view<cpu> x = of.x;
  const index_t head_dim = of.head_dim, half = head_dim / 2;
  const double magnitude = of.magnitude, sign = of.direction == rope_direction::forward ? 1 : -1;
  struct angles;
  detail::parallel_for(x.rows, 4 * x.cols, [&](index_t i) {
    float* const cosine = detail::thread_scratch<angles>(2 * half);
    float* const sine = cosine + half;
    for (index_t j = 0; j < half; ++j) {  // once per token, for all of its heads
      const double angle = static_cast<double>(of.positions[static_cast<std::size_t>(i)]) *
                           static_cast<double>(of.frequencies[static_cast<std::size_t>(j)]);
      cosine[j] = static_cast<float>(magnitude * std::cos(angle));
      sine[j] = static_cast<float>(magnitude * sign * std::sin(angle));
    }
    const index_t step = of.pairing == rope_pairing::interleaved ? 2 : 1;
    const index_t partner = of.pairing == rope_pairing::interleaved ? 1 : half;
    for (float* head = x.row(i); head < x.row(i) + x.cols; head += head_dim)
#pragma omp simd
      for (index_t j = 0; j < half; ++j) {
        const float a = head[step * j];
        const float b = head[step * j + partner];
        head[step * j] = a * cosine[j] - b * sine[j];
        head[step * j + partner] = a * sine[j] + b * cosine[j];
      }
  });
}

}  // namespace zer0

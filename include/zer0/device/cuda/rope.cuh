// Rotary positions of the cuda device.
#pragma once

#include <zer0/device/cuda/elements.cuh>

namespace zer0 {
namespace gpu {

/// Element (i, p): pair p of row i.
template <class T>
struct turn_pairs {
  tensor_view<T> x;
  const std::int32_t* positions;
  const float* frequencies;
  index_t half;
  bool interleaved;
  float magnitude, direction;
  template <int W>
  __device__ void at(index_t i, index_t p) const {
    const index_t head = p / half * 2 * half, j = p % half;
    // The angle in double and brought into one turn, as a float of thousands of radians would be off.
    const double angle = static_cast<double>(positions[i]) * static_cast<double>(frequencies[j]);
    constexpr double turn = 6.283185307179586476925;
    float s, c;
    sincosf(static_cast<float>(angle - turn * rint(angle / turn)), &s, &c);
    c *= magnitude;
    s *= magnitude * direction;
    T& a = x(i, head + (interleaved ? 2 * j : j));
    T& b = x(i, head + (interleaved ? 2 * j + 1 : j + half));
    const float old_a = number(a), old_b = number(b);
    a = static_cast<T>(old_a * c - old_b * s);
    b = static_cast<T>(old_a * s + old_b * c);
  }
};

}  // namespace gpu

template <class Real>
void rotate(basic_cuda<Real>& d, rope_pairing pairing, rope_direction direction, index_t head_dim, id_span positions,
            const_wide_span<basic_cuda<Real>> frequencies, double magnitude, view<basic_cuda<Real>> x) {
  const view<basic_cuda<Real>> pairs(x.data, x.rows, x.cols / 2, x.stride);
  gpu::each_element<1>(
      d, "rotate", pairs, false,
      gpu::turn_pairs<Real>{x, positions.data(), frequencies.data(), head_dim / 2, pairing == rope_pairing::interleaved,
                            static_cast<float>(magnitude), direction == rope_direction::forward ? 1.0f : -1.0f});
}

}  // namespace zer0

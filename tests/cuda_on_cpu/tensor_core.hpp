// The tensor cores' instructions on the CPU: fragments as the PTX ISA lays them out among the lanes
// of a warp.
#pragma once

#include "block.hpp"

#include <bit>
#include <cstdint>
#include <cstring>

namespace zer0::gpu {

namespace detail {
inline std::uint32_t pair(const unsigned char* low, const unsigned char* high) {
  std::uint16_t a, b;
  std::memcpy(&a, low, 2);
  std::memcpy(&b, high, 2);
  return a | static_cast<std::uint32_t>(b) << 16;
}
/// A row of a matrix of 16-bit elements, 8 of them, as ldmatrix wants it.
inline const void* matrix_row(const void* row) {
  require(reinterpret_cast<std::uintptr_t>(row) % 16 == 0,
          "cuda_on_cpu: a row for load_matrices is not a multiple of 16");
  require(cuda_on_cpu::at_hand->shared.contains(row, 16),
          "cuda_on_cpu: a row for load_matrices is outside shared memory");
  return row;
}
}  // namespace detail

inline void load_matrices(std::uint32_t (&r)[4], const void* row) {
  const int lane = cuda_on_cpu::at_hand->lane();
  (void)cuda_on_cpu::exchange(detail::matrix_row(row), [&](auto shown) {
    for (int i = 0; i < 4; ++i) {
      const auto* from =
          static_cast<const unsigned char*>(shown(8 * i + lane / 4)) + 4 * (lane % 4);
      r[i] = detail::pair(from, from + 2);
    }
    return 0;
  });
}
inline void load_matrices_transposed(std::uint32_t (&r)[4], const void* row) {
  const int lane = cuda_on_cpu::at_hand->lane();
  (void)cuda_on_cpu::exchange(detail::matrix_row(row), [&](auto shown) {
    for (int i = 0; i < 4; ++i)
      r[i] = detail::pair(
          static_cast<const unsigned char*>(shown(8 * i + 2 * (lane % 4))) + 2 * (lane / 4),
          static_cast<const unsigned char*>(shown(8 * i + 2 * (lane % 4) + 1)) + 2 * (lane / 4));
    return 0;
  });
}

template <class T>
void multiply_add(float (&d)[4], const std::uint32_t (&a)[4], std::uint32_t b0, std::uint32_t b1) {
  struct operands {
    float a[4][2], b[2][2];
  };
  const auto split = [](std::uint32_t pair, float(&to)[2]) {
    for (int i = 0; i < 2; ++i)
      to[i] = static_cast<float>(std::bit_cast<T>(static_cast<std::uint16_t>(pair >> 16 * i)));
  };
  operands mine;
  for (int i = 0; i < 4; ++i) split(a[i], mine.a[i]);
  split(b0, mine.b[0]);
  split(b1, mine.b[1]);
  const int lane = cuda_on_cpu::at_hand->lane();
  (void)cuda_on_cpu::exchange(mine, [&](auto shown) {
    // a(row, k): lane (row % 8)*4 + k/2%4, register row/8 + 2*(k/8), part k%2. b(k, col): lane
    // col*4 + k/2%4, register k/8, part k%2.
    float sum[4] = {};
    for (int t = 0; t < 4; ++t) {
      const operands left = shown(lane / 4 * 4 + t);
      for (int col = 0; col < 2; ++col) {
        const operands right = shown((2 * (lane % 4) + col) * 4 + t);
        for (int row = 0; row < 2; ++row)
          for (int k = 0; k < 2; ++k)
            for (int i = 0; i < 2; ++i)
              sum[2 * row + col] += left.a[row + 2 * k][i] * right.b[k][i];
      }
    }
    for (int i = 0; i < 4; ++i) d[i] += sum[i];
    return 0;
  });
}

}  // namespace zer0::gpu

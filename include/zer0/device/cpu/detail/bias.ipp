// Bodies of zer0/device/cpu/bias.hpp.
#pragma once

#include <zer0/device/cpu/bias.hpp>
#include <zer0/device/cpu/detail/parallel.hpp>

#include <algorithm>

namespace zer0 {
namespace detail {

/// sums[j] += sum over rows i of what add(i, first, count, partial) adds to `partial` for columns first .. Columns are
/// shared among threads; rows are summed in groups, which rounds less than one long sum.
template <class F>
void add_over_rows(index_t rows, index_t cols, float* sums, F add) {
  constexpr index_t block = 32;
  constexpr index_t group = 64;
  parallel_for((cols + block - 1) / block, rows * block, [&](index_t b) {
    const index_t first = b * block;
    const index_t count = std::min(block, cols - first);
    for (index_t g = 0; g < rows; g += group) {
      float partial[block] = {};
      for (index_t i = g; i < std::min(rows, g + group); ++i) add(i, first, count, partial);
      for (index_t j = 0; j < count; ++j) sums[first + j] += partial[j];
    }
  });
}

}  // namespace detail

ZER0_INLINE void add_bias(cpu&, std::span<const float> bias, tensor_view<float> y) {
  detail::parallel_for(y.rows, y.cols, [&](index_t i) {
    float* row = y.row(i);
    const float* b = bias.data();
#pragma omp simd
    for (index_t j = 0; j < y.cols; ++j) row[j] += b[j];
  });
}

ZER0_INLINE void add_column_sums(cpu&, tensor_view<const float> x, std::span<float> sums) {
  detail::add_over_rows(x.rows, x.cols, sums.data(), [&](index_t i, index_t first, index_t count, float* partial) {
    const float* row = x.row(i) + first;
#pragma omp simd
    for (index_t j = 0; j < count; ++j) partial[j] += row[j];
  });
}

}  // namespace zer0

// RMSNorm of the cpu device.
#pragma once

#include <zer0/device/cpu/device.hpp>
#include <zer0/device/cpu/parallel.hpp>
#include <zer0/device/cpu/random.hpp>

#include <cmath>

namespace zer0 {
namespace detail {

/// y = x rstd weight; returns rstd.
inline float normalize_row(const float* row, const float* w, double eps, float* out, index_t n) {
  float squares = 0;
#pragma omp simd reduction(+ : squares)
  for (index_t j = 0; j < n; ++j) squares += row[j] * row[j];
  const float r = 1 / std::sqrt(squares / static_cast<float>(n) + static_cast<float>(eps));
#pragma omp simd
  for (index_t j = 0; j < n; ++j) out[j] = row[j] * r * w[j];
  return r;
}

}  // namespace detail

inline void rms_norm_forward(cpu&, tensor_view<const float> x, std::span<const float> weight, double eps,
                             tensor_view<float> y, std::span<float> rstd) {
  detail::parallel_for(x.rows, x.cols, [&](index_t i) {
    rstd[static_cast<std::size_t>(i)] = detail::normalize_row(x.row(i), weight.data(), eps, y.row(i), x.cols);
  });
}

inline void add_rms_norm_forward(cpu&, double p, random_stream r, tensor_view<const float> x, tensor_view<float> y,
                                 std::span<const float> weight, double eps, tensor_view<float> z,
                                 std::span<float> rstd) {
  detail::parallel_for(x.rows, 2 * x.cols, [&](index_t i) {
    detail::add_dropped_row(r, i, p, x.row(i), y.row(i), x.cols);
    rstd[static_cast<std::size_t>(i)] = detail::normalize_row(y.row(i), weight.data(), eps, z.row(i), x.cols);
  });
}

inline void rms_norm_backward(cpu&, tensor_view<const float> x, std::span<const float> weight,
                              std::span<const float> rstd, tensor_view<const float> dy, double beta,
                              tensor_view<float> dx, std::span<float> dweight) {
  const float* w = weight.data();
  detail::parallel_for(x.rows, 2 * x.cols, [&](index_t i) {
    const float* row = x.row(i);
    const float* up = dy.row(i);
    float* out = dx.row(i);
    const float r = rstd[static_cast<std::size_t>(i)];
    float dot = 0;
#pragma omp simd reduction(+ : dot)
    for (index_t j = 0; j < x.cols; ++j) dot += w[j] * up[j] * row[j];
    const float along = dot * r * r * r / static_cast<float>(x.cols);
    if (beta == 0) {
#pragma omp simd
      for (index_t j = 0; j < x.cols; ++j) out[j] = r * w[j] * up[j] - along * row[j];
    } else {
#pragma omp simd
      for (index_t j = 0; j < x.cols; ++j) out[j] += r * w[j] * up[j] - along * row[j];
    }
  });
  // Columns are shared among threads; rows are summed in groups, which rounds less than one long sum.
  constexpr index_t block = 32;
  constexpr index_t group = 64;
  detail::parallel_for((x.cols + block - 1) / block, x.rows * block, [&](index_t b) {
    const index_t first = b * block;
    const index_t count = std::min(block, x.cols - first);
    float* out = dweight.data() + first;
    for (index_t g = 0; g < x.rows; g += group) {
      float partial[block] = {};
      for (index_t i = g; i < std::min(x.rows, g + group); ++i) {
        const float* row = x.row(i) + first;
        const float* up = dy.row(i) + first;
        const float r = rstd[static_cast<std::size_t>(i)];
#pragma omp simd
        for (index_t j = 0; j < count; ++j) partial[j] += up[j] * row[j] * r;
      }
      for (index_t j = 0; j < count; ++j) out[j] += partial[j];
    }
  });
}

}  // namespace zer0

// Bodies of zer0/device/cpu/rms_norm.hpp.
#pragma once

#include <zer0/device/cpu/detail/parallel.hpp>
#include <zer0/device/cpu/detail/random.hpp>
#include <zer0/device/cpu/rms_norm.hpp>

#include <algorithm>
#include <cmath>

namespace zer0 {
namespace detail {

/// y = x rstd weight; returns rstd.
ZER0_INLINE float normalize_row(const float* row, const float* w, double eps, float* out, index_t n) {
  float squares = 0;
#pragma omp simd reduction(+ : squares)
  for (index_t j = 0; j < n; ++j) squares += row[j] * row[j];
  const float r = 1 / std::sqrt(squares / static_cast<float>(n) + static_cast<float>(eps));
#pragma omp simd
  for (index_t j = 0; j < n; ++j) out[j] = row[j] * r * w[j];
  return r;
}

/// dx = r (w dy) - x r^3 / n sum(w dy x), added to what dx holds on request.
ZER0_INLINE void norm_input_gradient(const float* row, const float* w, float r, const float* up, bool adds, float* out,
                                     index_t n) {
  float dot = 0;
#pragma omp simd reduction(+ : dot)
  for (index_t j = 0; j < n; ++j) dot += w[j] * up[j] * row[j];
  const float along = dot * r * r * r / static_cast<float>(n);
  if (!adds) {
#pragma omp simd
    for (index_t j = 0; j < n; ++j) out[j] = r * w[j] * up[j] - along * row[j];
  } else {
#pragma omp simd
    for (index_t j = 0; j < n; ++j) out[j] += r * w[j] * up[j] - along * row[j];
  }
}

}  // namespace detail

ZER0_INLINE void rms_norm_forward(cpu&, tensor_view<const float> x, std::span<const float> weight, double eps,
                                  tensor_view<float> y, std::span<float> rstd) {
  const auto c = static_cast<index_t>(weight.size()), groups = x.cols / c;
  detail::parallel_for(x.rows, x.cols, [&](index_t i) {
    float* const r = rstd.data() + i * groups;
    for (index_t g = 0; g < groups; ++g)
      r[g] = detail::normalize_row(x.row(i) + g * c, weight.data(), eps, y.row(i) + g * c, c);
  });
}

ZER0_INLINE void add_rms_norm_forward(cpu&, double p, random_stream r, tensor_view<const float> x, tensor_view<float> y,
                                      std::span<const float> weight, double eps, tensor_view<float> z,
                                      std::span<float> rstd) {
  detail::parallel_for(x.rows, 2 * x.cols, [&](index_t i) {
    detail::add_dropped_row(r, i, p, x.row(i), y.row(i), x.cols);
    rstd[static_cast<std::size_t>(i)] = detail::normalize_row(y.row(i), weight.data(), eps, z.row(i), x.cols);
  });
}

ZER0_INLINE void rms_norm_backward(cpu&, tensor_view<const float> x, std::span<const float> weight,
                                   std::span<const float> rstd, tensor_view<const float> dy, double beta,
                                   tensor_view<float> dx, std::span<float> dweight) {
  const auto c = static_cast<index_t>(weight.size()), groups = x.cols / c;
  detail::parallel_for(x.rows, 2 * x.cols, [&](index_t i) {
    for (index_t g = 0; g < groups; ++g)
      detail::norm_input_gradient(x.row(i) + g * c, weight.data(), rstd[static_cast<std::size_t>(i * groups + g)],
                                  dy.row(i) + g * c, beta != 0, dx.row(i) + g * c, c);
  });
  // Columns are shared among threads; rows are summed some at a time, which rounds less than one long sum.
  constexpr index_t block = 32;
  constexpr index_t sum_rows = 64;
  detail::parallel_for((c + block - 1) / block, x.rows * groups * block, [&](index_t b) {
    const index_t first = b * block;
    const index_t count = std::min(block, c - first);
    float* out = dweight.data() + first;
    for (index_t some = 0; some < x.rows * groups; some += sum_rows) {
      float partial[block] = {};
      for (index_t i = some; i < std::min(x.rows * groups, some + sum_rows); ++i) {
        const index_t n = i / groups, col = i % groups * c + first;
        const float* row = x.row(n) + col;
        const float* up = dy.row(n) + col;
        const float r = rstd[static_cast<std::size_t>(i)];
#pragma omp simd
        for (index_t j = 0; j < count; ++j) partial[j] += up[j] * row[j] * r;
      }
      for (index_t j = 0; j < count; ++j) out[j] += partial[j];
    }
  });
}

}  // namespace zer0

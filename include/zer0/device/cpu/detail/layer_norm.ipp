// Bodies of zer0/device/cpu/layer_norm.hpp.
#pragma once

#include <zer0/device/cpu/detail/bias.ipp>
#include <zer0/device/cpu/layer_norm.hpp>

#include <cmath>

namespace zer0 {

ZER0_INLINE void layer_norm_forward(cpu&, tensor_view<const float> x, std::span<const float> weight,
                                    std::span<const float> bias, double eps, tensor_view<float> y,
                                    std::span<float> mean, std::span<float> rstd) {
  const float* w = weight.data();
  const float* b = bias.data();
  const auto n = static_cast<float>(x.cols);
  detail::parallel_for(x.rows, 2 * x.cols, [&](index_t i) {
    const float* row = x.row(i);
    float* out = y.row(i);
    float sum = 0, squares = 0;
#pragma omp simd reduction(+ : sum)
    for (index_t j = 0; j < x.cols; ++j) sum += row[j];
    const float m = sum / n;
#pragma omp simd reduction(+ : squares)
    for (index_t j = 0; j < x.cols; ++j) squares += (row[j] - m) * (row[j] - m);
    const float r = 1 / std::sqrt(squares / n + static_cast<float>(eps));
    mean[static_cast<std::size_t>(i)] = m;
    rstd[static_cast<std::size_t>(i)] = r;
#pragma omp simd
    for (index_t j = 0; j < x.cols; ++j) out[j] = (row[j] - m) * r * w[j] + b[j];
  });
}

ZER0_INLINE void layer_norm_backward(cpu& d, tensor_view<const float> x, std::span<const float> weight,
                                     std::span<const float> mean, std::span<const float> rstd,
                                     tensor_view<const float> dy, double beta, tensor_view<float> dx,
                                     std::span<float> dweight, std::span<float> dbias) {
  const float* w = weight.data();
  const auto n = static_cast<float>(x.cols);
  detail::parallel_for(x.rows, 4 * x.cols, [&](index_t i) {
    const float* row = x.row(i);
    const float* up = dy.row(i);
    float* out = dx.row(i);
    const float m = mean[static_cast<std::size_t>(i)], r = rstd[static_cast<std::size_t>(i)];
    float along_one = 0, along_z = 0;
#pragma omp simd reduction(+ : along_one, along_z)
    for (index_t j = 0; j < x.cols; ++j) {
      along_one += w[j] * up[j];
      along_z += w[j] * up[j] * (row[j] - m);
    }
    along_one /= n;
    along_z *= r * r / n;
    if (beta == 0) {
#pragma omp simd
      for (index_t j = 0; j < x.cols; ++j) out[j] = r * (w[j] * up[j] - along_one - (row[j] - m) * along_z);
    } else {
#pragma omp simd
      for (index_t j = 0; j < x.cols; ++j) out[j] += r * (w[j] * up[j] - along_one - (row[j] - m) * along_z);
    }
  });
  detail::add_over_rows(x.rows, x.cols, dweight.data(), [&](index_t i, index_t first, index_t count, float* partial) {
    const float* row = x.row(i) + first;
    const float* up = dy.row(i) + first;
    const float m = mean[static_cast<std::size_t>(i)], r = rstd[static_cast<std::size_t>(i)];
#pragma omp simd
    for (index_t j = 0; j < count; ++j) partial[j] += up[j] * ((row[j] - m) * r);
  });
  add_column_sums(d, dy, dbias);
}

}  // namespace zer0

// Bodies of the cpu device's norms.
#pragma once

#include <zer0/device/cpu.hpp>
#include <zer0/device/detail/cpu/parallel.hpp>
#include <zer0/device/detail/cpu/random.hpp>

#include <cmath>

namespace zer0 {
namespace detail {

/// y = x rstd weight; returns rstd.
ZER0_INLINE float normalize_row(const float* row, const float* w, double eps, float* out,
                                index_t n) {
  float squares = 0;
#pragma omp simd reduction(+ : squares)
  for (index_t j = 0; j < n; ++j) squares += row[j] * row[j];
  const float r = 1 / std::sqrt(squares / static_cast<float>(n) + static_cast<float>(eps));
#pragma omp simd
  for (index_t j = 0; j < n; ++j) out[j] = row[j] * r * w[j];
  return r;
}

/// dx = r (w dy) - x r^3 / n sum(w dy x); added to dx if `adds`.
ZER0_INLINE void norm_input_gradient(const float* row, const float* w, float r, const float* up,
                                     bool adds, float* out, index_t n) {
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

ZER0_INLINE void rms_norm_forward(cpu&, const rms_norm_forward_operands<cpu>& of) {
  const auto c = static_cast<index_t>(of.weight.size()), groups = of.x.cols / c;
  detail::parallel_for(of.x.rows, of.x.cols, [&](index_t i) {
    float* const r = of.rstd.data() + i * groups;
    for (index_t g = 0; g < groups; ++g)
      r[g] = detail::normalize_row(of.x.row(i) + g * c, of.weight.data(), of.eps,
                                   of.y.row(i) + g * c, c);
  });
}

ZER0_INLINE void add_rms_norm_forward(cpu&, const add_rms_norm_forward_operands<cpu>& of) {
  const index_t n = of.x.cols;
  detail::parallel_for(of.x.rows, 2 * n, [&](index_t i) {
    detail::add_dropped_row(of.stream, i, of.p, of.x.row(i), of.y.row(i), n);
    of.rstd[static_cast<std::size_t>(i)] =
        detail::normalize_row(of.y.row(i), of.weight.data(), of.eps, of.z.row(i), n);
  });
}

ZER0_INLINE void rms_norm_backward(cpu&, const rms_norm_backward_operands<cpu>& of) {
  const auto c = static_cast<index_t>(of.weight.size()), groups = of.x.cols / c;
  detail::parallel_for(of.x.rows, 2 * of.x.cols, [&](index_t i) {
    for (index_t g = 0; g < groups; ++g)
      detail::norm_input_gradient(of.x.row(i) + g * c, of.weight.data(),
                                  of.rstd[static_cast<std::size_t>(i * groups + g)],
                                  of.dy.row(i) + g * c, of.beta != 0, of.dx.row(i) + g * c, c);
  });
  const auto add = [&](index_t i, index_t first, index_t count, float* partial) {
    const index_t n = i / groups, col = i % groups * c + first;
    const float* row = of.x.row(n) + col;
    const float* up = of.dy.row(n) + col;
    const float r = of.rstd[static_cast<std::size_t>(i)];
#pragma omp simd
    for (index_t j = 0; j < count; ++j) partial[j] += up[j] * row[j] * r;
  };
  detail::add_over_rows(of.x.rows * groups, c, of.dweight.data(), add);
}

ZER0_INLINE void layer_norm_forward(cpu&, const layer_norm_forward_operands<cpu>& of) {
  const float* w = of.weight.data();
  const float* b = of.bias.data();
  const index_t cols = of.x.cols;
  const auto n = static_cast<float>(cols);
  detail::parallel_for(of.x.rows, 2 * cols, [&](index_t i) {
    const float* row = of.x.row(i);
    float* out = of.y.row(i);
    float sum = 0, squares = 0;
#pragma omp simd reduction(+ : sum)
    for (index_t j = 0; j < cols; ++j) sum += row[j];
    const float m = sum / n;
#pragma omp simd reduction(+ : squares)
    for (index_t j = 0; j < cols; ++j) squares += (row[j] - m) * (row[j] - m);
    const float r = 1 / std::sqrt(squares / n + static_cast<float>(of.eps));
    of.mean[static_cast<std::size_t>(i)] = m;
    of.rstd[static_cast<std::size_t>(i)] = r;
#pragma omp simd
    for (index_t j = 0; j < cols; ++j) out[j] = (row[j] - m) * r * w[j] + b[j];
  });
}

ZER0_INLINE void layer_norm_backward(cpu& d, const layer_norm_backward_operands<cpu>& of) {
  const float* w = of.weight.data();
  const index_t cols = of.x.cols;
  const auto n = static_cast<float>(cols);
  detail::parallel_for(of.x.rows, 4 * cols, [&](index_t i) {
    const float* row = of.x.row(i);
    const float* up = of.dy.row(i);
    float* out = of.dx.row(i);
    const float m = of.mean[static_cast<std::size_t>(i)], r = of.rstd[static_cast<std::size_t>(i)];
    float along_one = 0, along_z = 0;
#pragma omp simd reduction(+ : along_one, along_z)
    for (index_t j = 0; j < cols; ++j) {
      along_one += w[j] * up[j];
      along_z += w[j] * up[j] * (row[j] - m);
    }
    along_one /= n;
    along_z *= r * r / n;
    if (of.beta == 0) {
#pragma omp simd
      for (index_t j = 0; j < cols; ++j)
        out[j] = r * (w[j] * up[j] - along_one - (row[j] - m) * along_z);
    } else {
#pragma omp simd
      for (index_t j = 0; j < cols; ++j)
        out[j] += r * (w[j] * up[j] - along_one - (row[j] - m) * along_z);
    }
  });
  const auto add = [&](index_t i, index_t first, index_t count, float* partial) {
    const float* row = of.x.row(i) + first;
    const float* up = of.dy.row(i) + first;
    const float m = of.mean[static_cast<std::size_t>(i)], r = of.rstd[static_cast<std::size_t>(i)];
#pragma omp simd
    for (index_t j = 0; j < count; ++j) partial[j] += up[j] * ((row[j] - m) * r);
  };
  detail::add_over_rows(of.x.rows, cols, of.dweight.data(), add);
  add_column_sums(d, of.dy, of.dbias);
}

}  // namespace zer0

// Bodies of the reference device's norms.
#pragma once

#include <zer0/device/reference/elements.hpp>
#include <zer0/device/reference/layer_norm.hpp>
#include <zer0/device/reference/rms_norm.hpp>

#include <cmath>

namespace zer0 {

ZER0_INLINE void rms_norm_forward(reference&, tensor_view<const double> x, std::span<const double> weight, double eps,
                                  tensor_view<double> y, std::span<double> rstd) {
  const auto c = static_cast<index_t>(weight.size()), groups = x.cols / c;
  for (index_t i = 0; i < x.rows * groups; ++i) {
    const double* from = x.row(i / groups) + i % groups * c;
    double* to = y.row(i / groups) + i % groups * c;
    double squares = 0;
    for (index_t j = 0; j < c; ++j) squares += from[j] * from[j];
    const double r = 1 / std::sqrt(squares / static_cast<double>(c) + eps);
    rstd[static_cast<std::size_t>(i)] = r;
    for (index_t j = 0; j < c; ++j) to[j] = from[j] * r * weight[static_cast<std::size_t>(j)];
  }
}

ZER0_INLINE void add_rms_norm_forward(reference& d, double p, random_stream r, tensor_view<const double> x,
                                      tensor_view<double> y, std::span<const double> weight, double eps,
                                      tensor_view<double> z, std::span<double> rstd) {
  add_dropout(d, p, r, x, y);
  rms_norm_forward(d, y, weight, eps, z, rstd);
}

ZER0_INLINE void rms_norm_backward(reference&, tensor_view<const double> x, std::span<const double> weight,
                                   std::span<const double> rstd, tensor_view<const double> dy, double beta,
                                   tensor_view<double> dx, std::span<double> dweight) {
  const auto c = static_cast<index_t>(weight.size()), groups = x.cols / c;
  for (index_t i = 0; i < x.rows * groups; ++i) {
    const double* from = x.row(i / groups) + i % groups * c;
    const double* up = dy.row(i / groups) + i % groups * c;
    double* to = dx.row(i / groups) + i % groups * c;
    const double r = rstd[static_cast<std::size_t>(i)];
    double dot = 0;
    for (index_t j = 0; j < c; ++j) dot += weight[static_cast<std::size_t>(j)] * up[j] * from[j];
    for (index_t j = 0; j < c; ++j) {
      dweight[static_cast<std::size_t>(j)] += up[j] * from[j] * r;
      to[j] = (beta == 0 ? 0 : beta * to[j]) + r * weight[static_cast<std::size_t>(j)] * up[j] -
              from[j] * r * r * r / static_cast<double>(c) * dot;
    }
  }
}

ZER0_INLINE void layer_norm_forward(reference&, tensor_view<const double> x, std::span<const double> weight,
                                    std::span<const double> bias, double eps, tensor_view<double> y,
                                    std::span<double> mean, std::span<double> rstd) {
  const auto n = static_cast<double>(x.cols);
  for (index_t i = 0; i < x.rows; ++i) {
    double sum = 0, squares = 0;
    for (index_t j = 0; j < x.cols; ++j) sum += x(i, j);
    const double m = sum / n;
    for (index_t j = 0; j < x.cols; ++j) squares += (x(i, j) - m) * (x(i, j) - m);
    const double r = 1 / std::sqrt(squares / n + eps);
    mean[static_cast<std::size_t>(i)] = m;
    rstd[static_cast<std::size_t>(i)] = r;
    for (index_t j = 0; j < x.cols; ++j)
      y(i, j) = (x(i, j) - m) * r * weight[static_cast<std::size_t>(j)] + bias[static_cast<std::size_t>(j)];
  }
}

ZER0_INLINE void layer_norm_backward(reference&, tensor_view<const double> x, std::span<const double> weight,
                                     std::span<const double> mean, std::span<const double> rstd,
                                     tensor_view<const double> dy, double beta, tensor_view<double> dx,
                                     std::span<double> dweight, std::span<double> dbias) {
  const auto n = static_cast<double>(x.cols);
  for (index_t i = 0; i < x.rows; ++i) {
    const double m = mean[static_cast<std::size_t>(i)], r = rstd[static_cast<std::size_t>(i)];
    double along_one = 0, along_z = 0;
    for (index_t j = 0; j < x.cols; ++j) {
      const double g = weight[static_cast<std::size_t>(j)] * dy(i, j);
      along_one += g / n;
      along_z += g * (x(i, j) - m) * r / n;
    }
    for (index_t j = 0; j < x.cols; ++j) {
      const auto at = static_cast<std::size_t>(j);
      const double z = (x(i, j) - m) * r;
      dweight[at] += dy(i, j) * z;
      dbias[at] += dy(i, j);
      dx(i, j) = (beta == 0 ? 0 : beta * dx(i, j)) + r * (weight[at] * dy(i, j) - along_one - z * along_z);
    }
  }
}

}  // namespace zer0

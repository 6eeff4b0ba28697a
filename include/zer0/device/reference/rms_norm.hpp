// RMSNorm of the reference device.
#pragma once

#include <zer0/device/reference/elements.hpp>

#include <cmath>

namespace zer0 {

inline void rms_norm_forward(reference&, tensor_view<const double> x, std::span<const double> weight, double eps,
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

inline void add_rms_norm_forward(reference& d, double p, random_stream r, tensor_view<const double> x,
                                 tensor_view<double> y, std::span<const double> weight, double eps,
                                 tensor_view<double> z, std::span<double> rstd) {
  add_dropout(d, p, r, x, y);
  rms_norm_forward(d, y, weight, eps, z, rstd);
}

/// dx = beta dx + r (w dy) - x r^3 / C sum(w dy x)
inline void rms_norm_backward(reference&, tensor_view<const double> x, std::span<const double> weight,
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

}  // namespace zer0

// Bodies of the reference device's norms.
#pragma once

#include <zer0/device/reference.hpp>

#include <cmath>

namespace zer0 {

ZER0_INLINE void rms_norm_forward(reference&, const rms_norm_forward_operands<reference>& of) {
  const auto c = static_cast<index_t>(of.weight.size()), groups = of.x.cols / c;
  for (index_t i = 0; i < of.x.rows * groups; ++i) {
    const double* from = of.x.row(i / groups) + i % groups * c;
    double* to = of.y.row(i / groups) + i % groups * c;
    double squares = 0;
    for (index_t j = 0; j < c; ++j) squares += from[j] * from[j];
    const double r = 1 / std::sqrt(squares / static_cast<double>(c) + of.eps);
    of.rstd[static_cast<std::size_t>(i)] = r;
    for (index_t j = 0; j < c; ++j) to[j] = from[j] * r * of.weight[static_cast<std::size_t>(j)];
  }
}

ZER0_INLINE void add_rms_norm_forward(reference& d,
                                      const add_rms_norm_forward_operands<reference>& of) {
  add_dropout(d, of.p, of.stream, of.x, of.y);
  rms_norm_forward(d, {.x = of.y, .weight = of.weight, .eps = of.eps, .y = of.z, .rstd = of.rstd});
}

/// dx = beta dx + r (w dy) - x r^3 / C sum(w dy x)
ZER0_INLINE void rms_norm_backward(reference&, const rms_norm_backward_operands<reference>& of) {
  const double beta = of.beta;
  const auto c = static_cast<index_t>(of.weight.size()), groups = of.x.cols / c;
  for (index_t i = 0; i < of.x.rows * groups; ++i) {
    const double* from = of.x.row(i / groups) + i % groups * c;
    const double* up = of.dy.row(i / groups) + i % groups * c;
    double* to = of.dx.row(i / groups) + i % groups * c;
    const double r = of.rstd[static_cast<std::size_t>(i)];
    double dot = 0;
    for (index_t j = 0; j < c; ++j) dot += of.weight[static_cast<std::size_t>(j)] * up[j] * from[j];
    for (index_t j = 0; j < c; ++j) {
      of.dweight[static_cast<std::size_t>(j)] += up[j] * from[j] * r;
      to[j] = (beta == 0 ? 0 : beta * to[j]) + r * of.weight[static_cast<std::size_t>(j)] * up[j] -
              from[j] * r * r * r / static_cast<double>(c) * dot;
    }
  }
}

ZER0_INLINE void layer_norm_forward(reference&, const layer_norm_forward_operands<reference>& of) {
  const const_view<reference> x = of.x;
  const auto n = static_cast<double>(x.cols);
  for (index_t i = 0; i < x.rows; ++i) {
    double sum = 0, squares = 0;
    for (index_t j = 0; j < x.cols; ++j) sum += x(i, j);
    const double m = sum / n;
    for (index_t j = 0; j < x.cols; ++j) squares += (x(i, j) - m) * (x(i, j) - m);
    const double r = 1 / std::sqrt(squares / n + of.eps);
    of.mean[static_cast<std::size_t>(i)] = m;
    of.rstd[static_cast<std::size_t>(i)] = r;
    for (index_t j = 0; j < x.cols; ++j) {
      const auto at = static_cast<std::size_t>(j);
      of.y(i, j) = (x(i, j) - m) * r * of.weight[at] + of.bias[at];
    }
  }
}

/// With z = (x - mean) r and g = weight dy: dx = beta dx + r (g - mean(g) - z mean(g z)).
ZER0_INLINE void layer_norm_backward(reference&,
                                     const layer_norm_backward_operands<reference>& of) {
  const const_view<reference> x = of.x, dy = of.dy;
  const view<reference> dx = of.dx;
  const double beta = of.beta;
  const auto n = static_cast<double>(x.cols);
  for (index_t i = 0; i < x.rows; ++i) {
    const double m = of.mean[static_cast<std::size_t>(i)], r = of.rstd[static_cast<std::size_t>(i)];
    double along_one = 0, along_z = 0;
    for (index_t j = 0; j < x.cols; ++j) {
      const double g = of.weight[static_cast<std::size_t>(j)] * dy(i, j);
      along_one += g / n;
      along_z += g * (x(i, j) - m) * r / n;
    }
    for (index_t j = 0; j < x.cols; ++j) {
      const auto at = static_cast<std::size_t>(j);
      const double z = (x(i, j) - m) * r;
      of.dweight[at] += dy(i, j) * z;
      of.dbias[at] += dy(i, j);
      dx(i, j) = (beta == 0 ? 0 : beta * dx(i, j)) +
                 r * (of.weight[at] * dy(i, j) - along_one - z * along_z);
    }
  }
}

}  // namespace zer0

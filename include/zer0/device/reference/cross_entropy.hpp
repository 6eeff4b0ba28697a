// Cross-entropy of the reference device.
#pragma once

#include <zer0/device/reference/device.hpp>

#include <algorithm>
#include <cmath>

namespace zer0 {
namespace detail {

/// log(sum(exp(row)))
inline double log_sum_exp(tensor_view<const double> x, index_t row) {
  const double largest = *std::max_element(x.row(row), x.row(row) + x.cols);
  double total = 0;
  for (index_t j = 0; j < x.cols; ++j) total += std::exp(x(row, j) - largest);
  return largest + std::log(total);
}

}  // namespace detail

inline void cross_entropy_loss(reference&, tensor_view<const double> logits, id_span targets,
                               std::span<const double> weights, std::span<double> loss) {
  for (index_t i = 0; i < logits.rows; ++i) {
    const auto at = static_cast<std::size_t>(i);
    loss[at] = weights[at] == 0 ? 0 : weights[at] * (detail::log_sum_exp(logits, i) - logits(i, targets[at]));
  }
}

inline void cross_entropy_gradient(reference& d, tensor_view<double> logits, id_span targets,
                                   std::span<const double> weights, std::span<double> loss) {
  cross_entropy_loss(d, logits, targets, weights, loss);
  for (index_t i = 0; i < logits.rows; ++i) {
    const double weight = weights[static_cast<std::size_t>(i)];
    const double log_sum = detail::log_sum_exp(logits, i);
    for (index_t j = 0; j < logits.cols; ++j)
      logits(i, j) = weight == 0 ? 0 : weight * std::exp(logits(i, j) - log_sum);
    if (weight != 0) logits(i, targets[static_cast<std::size_t>(i)]) -= weight;
  }
}

}  // namespace zer0

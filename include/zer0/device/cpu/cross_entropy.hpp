// Cross-entropy of the cpu device.
#pragma once

#include <zer0/device/cpu/device.hpp>
#include <zer0/device/cpu/eigen.hpp>
#include <zer0/device/cpu/parallel.hpp>

#include <cmath>

namespace zer0 {
namespace detail {

/// log(sum(exp(row))) of n floats; `exponentials` receives exp(row - largest), may be row itself, and `sum` their sum.
inline float log_sum_exp(const float* row, index_t n, float* exponentials, float& sum) {
  const auto x = as_array(row, n);
  const float largest = x.maxCoeff();
  auto e = as_array(exponentials, n);
  e = (x - largest).exp();
  sum = e.sum();
  return largest + std::log(sum);
}

}  // namespace detail

inline void cross_entropy_loss(cpu&, tensor_view<const float> logits, id_span targets, std::span<const float> weights,
                               std::span<float> loss) {
  struct exponentials;
  detail::parallel_for(logits.rows, 8 * logits.cols, [&](index_t i) {
    const auto at = static_cast<std::size_t>(i);
    loss[at] = 0;
    if (weights[at] == 0) return;
    float total = 0;
    const float lse =
        detail::log_sum_exp(logits.row(i), logits.cols, detail::thread_scratch<exponentials>(logits.cols), total);
    loss[at] = weights[at] * (lse - logits(i, targets[at]));
  });
}

inline void cross_entropy_gradient(cpu&, tensor_view<float> logits, id_span targets, std::span<const float> weights,
                                   std::span<float> loss) {
  detail::parallel_for(logits.rows, 8 * logits.cols, [&](index_t i) {
    const auto at = static_cast<std::size_t>(i);
    auto row = detail::as_array(logits.row(i), logits.cols);
    loss[at] = 0;
    if (weights[at] == 0) {
      row.setZero();
      return;
    }
    const float label = logits(i, targets[at]);
    float total = 0;
    const float lse = detail::log_sum_exp(row.data(), logits.cols, row.data(), total);
    loss[at] = weights[at] * (lse - label);
    row *= weights[at] / total;
    logits(i, targets[at]) -= weights[at];
  });
}

}  // namespace zer0

// Bodies of zer0/device/cpu/cross_entropy.hpp.
#pragma once

#include <zer0/device/cpu/cross_entropy.hpp>
#include <zer0/device/cpu/detail/eigen.hpp>
#include <zer0/device/cpu/detail/exponential.hpp>
#include <zer0/device/cpu/detail/parallel.hpp>

#include <cmath>

namespace zer0 {
namespace detail {

/// log(sum(exp(row))) of n floats; `exponentials` receives exp(row - largest), may be row itself, and `sum` their sum.
ZER0_INLINE float log_sum_exp(const float* row, index_t n, float* exponentials, float& sum) {
  const float largest = largest_of(row, n);
  map_row(row, exponentials, n, [largest](auto x) { return exponential(x - largest); });
  sum = as_array(exponentials, n).sum();
  return largest + std::log(sum);
}

}  // namespace detail

ZER0_INLINE void cross_entropy_loss(cpu&, tensor_view<const float> logits, id_span targets,
                                    std::span<const float> weights, std::span<float> loss) {
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

ZER0_INLINE void cross_entropy_gradient(cpu&, tensor_view<float> logits, id_span targets,
                                        std::span<const float> weights, std::span<float> loss) {
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

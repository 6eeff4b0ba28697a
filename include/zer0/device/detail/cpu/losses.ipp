// Bodies of the cpu device's losses: cross-entropy, and sums over sequences.
#pragma once

#include <zer0/device/cpu.hpp>
#include <zer0/device/detail/cpu/eigen.hpp>
#include <zer0/device/detail/cpu/exponential.hpp>
#include <zer0/device/detail/cpu/parallel.hpp>

#include <cmath>

namespace zer0 {
namespace detail {

/// log(sum(exp(row))) of n floats. Writes exp(row - largest) to `exponentials`, which may be row
/// itself, and their sum to `sum`.
ZER0_INLINE float log_sum_exp(const float* row, index_t n, float* exponentials, float& sum) {
  const float largest = largest_of(row, n);
  map_row(row, exponentials, n, [largest](auto x) { return exponential(x - largest); });
  sum = as_array(exponentials, n).sum();
  return largest + std::log(sum);
}

/// Calls f(s, first token, one past the last token) for each sequence s.
template <class F>
void for_sequences(id_span starts, index_t tokens, F f) {
  const index_t n = static_cast<index_t>(starts.size()) - 1;
  parallel_for(n, n > 0 ? tokens / n : 0, [&](index_t s) {
    const auto at = static_cast<std::size_t>(s);
    f(at, static_cast<std::size_t>(starts[at]), static_cast<std::size_t>(starts[at + 1]));
  });
}

}  // namespace detail

ZER0_INLINE void cross_entropy_loss(cpu&, const cross_entropy_loss_operands<cpu>& of) {
  struct exponentials;
  const index_t n = of.logits.cols;
  detail::parallel_for(of.logits.rows, 8 * n, [&](index_t i) {
    const auto at = static_cast<std::size_t>(i);
    const float weight = of.weights[at];
    of.loss[at] = 0;
    if (weight == 0) return;
    float total = 0;
    const float lse =
        detail::log_sum_exp(of.logits.row(i), n, detail::thread_scratch<exponentials>(n), total);
    of.loss[at] = weight * (lse - of.logits(i, of.targets[at]));
  });
}

ZER0_INLINE void cross_entropy_gradient(cpu&, const cross_entropy_gradient_operands<cpu>& of) {
  const view<cpu> logits = of.logits;
  detail::parallel_for(logits.rows, 8 * logits.cols, [&](index_t i) {
    const auto at = static_cast<std::size_t>(i);
    const float weight = of.weights[at];
    auto row = detail::as_array(logits.row(i), logits.cols);
    of.loss[at] = 0;
    if (weight == 0) {
      row.setZero();
      return;
    }
    const float label = logits(i, of.targets[at]);
    float total = 0;
    const float lse = detail::log_sum_exp(row.data(), logits.cols, row.data(), total);
    of.loss[at] = weight * (lse - label);
    row *= weight / total;
    logits(i, of.targets[at]) -= weight;
  });
}

ZER0_INLINE void sum_sequences(cpu&, id_span starts, const_wide_span<cpu> x,
                               std::span<double> sums) {
  const auto sum = [&](std::size_t s, std::size_t first, std::size_t last) {
    double total = 0;
    for (std::size_t i = first; i < last; ++i) total += static_cast<double>(x[i]);
    sums[s] = total;
  };
  detail::for_sequences(starts, static_cast<index_t>(x.size()), sum);
}

ZER0_INLINE void scale_sequences(cpu&, const scale_sequences_operands<cpu>& of) {
  const auto scale = [&](std::size_t s, std::size_t first, std::size_t last) {
    const auto factor = static_cast<float>(of.factors[s]);
    for (std::size_t i = first; i < last; ++i) of.y[i] = factor * of.x[i];
  };
  detail::for_sequences(of.starts, static_cast<index_t>(of.x.size()), scale);
}

}  // namespace zer0

// Sums over sequences and pairs of them on the cpu device.
#pragma once

#include <zer0/device/cpu/device.hpp>
#include <zer0/device/cpu/parallel.hpp>

namespace zer0 {
namespace detail {

/// Calls f(s, its first token, behind its last) for each sequence.
template <class F>
void for_sequences(id_span starts, index_t tokens, F f) {
  const index_t n = static_cast<index_t>(starts.size()) - 1;
  parallel_for(n, n > 0 ? tokens / n : 0, [&](index_t s) {
    const auto at = static_cast<std::size_t>(s);
    f(at, static_cast<std::size_t>(starts[at]), static_cast<std::size_t>(starts[at + 1]));
  });
}

}  // namespace detail

inline void sum_sequences(cpu&, id_span starts, std::span<const float> x, std::span<double> sums) {
  detail::for_sequences(starts, static_cast<index_t>(x.size()),
                        [&](std::size_t s, std::size_t first, std::size_t last) {
                          double total = 0;
                          for (std::size_t i = first; i < last; ++i) total += static_cast<double>(x[i]);
                          sums[s] = total;
                        });
}

inline void scale_sequences(cpu&, id_span starts, std::span<const double> factors, std::span<const float> x,
                            std::span<float> y) {
  detail::for_sequences(starts, static_cast<index_t>(x.size()),
                        [&](std::size_t s, std::size_t first, std::size_t last) {
                          const auto factor = static_cast<float>(factors[s]);
                          for (std::size_t i = first; i < last; ++i) y[i] = factor * x[i];
                        });
}

template <class Policy>
void judge_pairs(cpu&, const Policy& policy, const pair_sums& of, double* totals, std::span<double> slopes) {
  double sums[preference_totals] = {};
  for (index_t i = 0; i < of.pairs(); ++i) detail::judge_pair(policy, of, i, slopes.data(), sums);
  for (int k = 0; k < preference_totals; ++k) totals[k] += sums[k];
}

}  // namespace zer0

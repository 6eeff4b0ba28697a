// Sums over sequences and pairs of them on the reference device.
#pragma once

#include <zer0/device/reference/device.hpp>

namespace zer0 {

inline void sum_sequences(reference&, id_span starts, std::span<const double> x, std::span<double> sums) {
  for (std::size_t s = 0; s + 1 < starts.size(); ++s) {
    sums[s] = 0;
    for (auto i = static_cast<std::size_t>(starts[s]); i < static_cast<std::size_t>(starts[s + 1]); ++i)
      sums[s] += x[i];
  }
}

inline void scale_sequences(reference&, id_span starts, std::span<const double> factors, std::span<const double> x,
                            std::span<double> y) {
  for (std::size_t s = 0; s + 1 < starts.size(); ++s)
    for (auto i = static_cast<std::size_t>(starts[s]); i < static_cast<std::size_t>(starts[s + 1]); ++i)
      y[i] = factors[s] * x[i];
}

template <class Policy>
void judge_pairs(reference&, const Policy& policy, const pair_sums& of, double* totals, std::span<double> slopes) {
  double sums[preference_totals] = {};
  for (index_t i = 0; i < of.pairs(); ++i) detail::judge_pair(policy, of, i, slopes.data(), sums);
  for (int k = 0; k < preference_totals; ++k) totals[k] += sums[k];
}

}  // namespace zer0

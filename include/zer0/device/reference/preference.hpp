// Sums over sequences and pairs of them on the reference device.
#pragma once

#include <zer0/core/compiled.hpp>
#include <zer0/device/reference/device.hpp>

#include <span>

namespace zer0 {

void sum_sequences(reference&, id_span starts, std::span<const double> x, std::span<double> sums);

void scale_sequences(reference&, id_span starts, std::span<const double> factors, std::span<const double> x,
                     std::span<double> y);

template <class Policy>
void judge_pairs(reference&, const Policy& policy, const pair_sums& of, double* totals, std::span<double> slopes) {
  double sums[preference_totals] = {};
  for (index_t i = 0; i < of.pairs(); ++i) detail::judge_pair(policy, of, i, slopes.data(), sums);
  for (int k = 0; k < preference_totals; ++k) totals[k] += sums[k];
}

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/device/reference/detail/elements.ipp>
#endif

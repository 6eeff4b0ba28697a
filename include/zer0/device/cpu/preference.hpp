// Sums over sequences and pairs of them on the cpu device.
#pragma once

#include <zer0/core/compiled.hpp>
#include <zer0/device/cpu/device.hpp>

#include <span>

namespace zer0 {

void sum_sequences(cpu&, id_span starts, std::span<const float> x, std::span<double> sums);

void scale_sequences(cpu&, id_span starts, std::span<const double> factors, std::span<const float> x,
                     std::span<float> y);

template <class Policy>
void judge_pairs(cpu&, const Policy& policy, const pair_sums& of, double* totals, std::span<double> slopes) {
  double sums[preference_totals] = {};
  for (index_t i = 0; i < of.pairs(); ++i) detail::judge_pair(policy, of, i, slopes.data(), sums);
  for (int k = 0; k < preference_totals; ++k) totals[k] += sums[k];
}

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/device/cpu/detail/preference.ipp>
#endif

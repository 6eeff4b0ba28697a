// What judge_pairs of a device reads, and what it means, a pair at a time.
#pragma once

#include <zer0/core/types.hpp>
#include <zer0/device/preference.hpp>

#include <cstdint>
#include <span>

namespace zer0 {

/// Sums over S sequences, memory of the device. Sequences 2i and 2i+1 are the answers of pair i, the chosen one first.
struct pair_sums {
  std::span<const std::int32_t> starts;     ///< (S+1)
  std::span<const double> losses;           ///< (S) of -log p over the targets, times factor
  std::span<const double> weights;          ///< (S) of ones over the targets, times factor
  std::span<const double> references = {};  ///< (S) of log p under the reference model; may be missing
  double factor = 1;

  [[nodiscard]] ZER0_HOST_DEVICE index_t pairs() const { return static_cast<index_t>(losses.size()) / 2; }
};

namespace detail {

ZER0_HOST_DEVICE inline answer_score score_of(const pair_sums& of, index_t sequence) {
  return {-of.losses.data()[sequence] / of.factor, of.references.size() == 0 ? 0.0 : of.references.data()[sequence],
          of.weights.data()[sequence] / of.factor,
          static_cast<double>(of.starts.data()[sequence + 1] - of.starts.data()[sequence])};
}

/// Writes the slopes of pair i, and adds its loss and metrics to the sums.
template <class Policy>
ZER0_HOST_DEVICE void judge_pair(const Policy& policy, const pair_sums& of, index_t i, double* slopes,
                                 double (&sums)[preference_totals]) {
  const answer_pair pair{score_of(of, 2 * i), score_of(of, 2 * i + 1)};
  const pair_loss result = policy(pair);
  slopes[2 * i] = -result.chosen_slope;
  slopes[2 * i + 1] = -result.rejected_slope;
  add_pair(pair, result, of.references.size() != 0, of.factor, sums);
}

}  // namespace detail
}  // namespace zer0

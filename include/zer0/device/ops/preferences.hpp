// Pairs of answers: sums over sequences, and the losses that compare two of them.
//
// Letters: N tokens, S sequences; `starts` (S+1) cuts tokens into sequences. Sums over tokens are
// held in double, because losses subtract sums that are nearly equal. Rules common to all groups:
// device/device.hpp.
#pragma once

#include <zer0/device/detail/host_device.hpp>
#include <zer0/device/ops/operands.hpp>

#include <array>
#include <concepts>
#include <span>

namespace zer0 {

/// One answer. Log-probabilities are sums over its target tokens, which are the answer's without
/// the question's.
struct answer_score {
  double log_probability = 0;  ///< under the model
  double reference = 0;        ///< under the reference model; 0 without one
  double targets = 0;          ///< number of target tokens
  double length = 0;           ///< tokens of the sequence, question and padding included
};

struct answer_pair {
  answer_score chosen, rejected;
};

struct pair_loss {
  double loss = 0;
  double chosen_slope = 0;  ///< derivative of the loss with respect to chosen.log_probability
  double rejected_slope = 0;
  double chosen_reward = 0;  ///< the reward of an answer, as this loss defines it
  double rejected_reward = 0;
};

/// What preference losses report besides the loss: means over the pairs of a step. The names are
/// those of TRL's trainers where it has them. A log-ratio is log p(answer) under the model minus
/// that under the reference; `kl` is half its square, averaged over both answers (Schulman's
/// estimate k2, on answers of the data instead of the model). Both are 0 without a reference.
inline constexpr std::array preference_metrics{
    "rewards/margins",  "rewards/accuracies", "rewards/chosen",
    "rewards/rejected", "logps/chosen",       "logps/rejected",
    "logratios/chosen", "logratios/rejected", "kl"};
inline constexpr int preference_totals = 1 + static_cast<int>(preference_metrics.size());

/// A loss of one pair. Kernels call it too: mark its operator() ZER0_HOST_DEVICE.
template <class P>
concept preference_policy = std::copyable<P> && requires(const P& policy, const answer_pair& pair) {
  { policy(pair) } -> std::same_as<pair_loss>;
  { policy.needs_reference() } -> std::convertible_to<bool>;
};

namespace detail {

/// The simplest policy: the device concept is checked with it.
struct preference_archetype {
  static constexpr bool needs_reference() { return false; }
  ZER0_HOST_DEVICE pair_loss operator()(const answer_pair&) const { return {}; }
};

}  // namespace detail

/// Adds the loss and metrics of one pair, times `factor`, to `sums`.
ZER0_HOST_DEVICE inline void add_pair(const answer_pair& p, const pair_loss& l, bool reference,
                                      double factor, double (&sums)[preference_totals]) {
  const double chosen = reference ? p.chosen.log_probability - p.chosen.reference : 0;
  const double rejected = reference ? p.rejected.log_probability - p.rejected.reference : 0;
  const double of_pair[preference_totals] = {l.loss,
                                             l.chosen_reward - l.rejected_reward,
                                             l.chosen_reward > l.rejected_reward ? 1.0 : 0.0,
                                             l.chosen_reward,
                                             l.rejected_reward,
                                             p.chosen.log_probability,
                                             p.rejected.log_probability,
                                             chosen,
                                             rejected,
                                             (chosen * chosen + rejected * rejected) / 4};
  for (int i = 0; i < preference_totals; ++i) sums[i] += factor * of_pair[i];
}

/// Sums over each of S sequences, in memory of the device. Sequences 2i and 2i+1 are the answers of
/// pair i, the chosen one first.
struct pair_sums {
  std::span<const std::int32_t> starts;  ///< (S+1)
  std::span<const double> losses;        ///< (S) sums of -log p over the targets, times factor
  std::span<const double> weights;       ///< (S) numbers of targets, times factor
  /// (S) sums of log p under the reference model; empty: none
  std::span<const double> references = {};
  double factor = 1;

  [[nodiscard]] index_t pairs() const { return static_cast<index_t>(losses.size()) / 2; }
};

namespace detail {

/// pair_sums as kernels take it: with pointers, because kernels cannot call members of std::span.
struct pair_pointers {
  const std::int32_t* starts;
  const double* losses;
  const double* weights;
  const double* references;  ///< null: none
  double factor;
  index_t pairs;

  // NOLINTNEXTLINE(google-explicit-constructor): judge_pair(policy, sums, ...) on the host
  pair_pointers(const pair_sums& of)
      : starts(of.starts.data()),
        losses(of.losses.data()),
        weights(of.weights.data()),
        references(of.references.empty() ? nullptr : of.references.data()),
        factor(of.factor),
        pairs(of.pairs()) {}
};

ZER0_HOST_DEVICE inline answer_score score_of(const pair_pointers& of, index_t sequence) {
  return {-of.losses[sequence] / of.factor,
          of.references == nullptr ? 0.0 : of.references[sequence],
          of.weights[sequence] / of.factor,
          static_cast<double>(of.starts[sequence + 1] - of.starts[sequence])};
}

/// Writes the slopes of pair i, and adds its loss and metrics to `sums`.
template <class Policy>
ZER0_HOST_DEVICE void judge_pair(const Policy& policy, const pair_pointers& of, index_t i,
                                 double* slopes, double (&sums)[preference_totals]) {
  const answer_pair pair{score_of(of, 2 * i), score_of(of, 2 * i + 1)};
  const pair_loss result = policy(pair);
  slopes[2 * i] = -result.chosen_slope;
  slopes[2 * i + 1] = -result.rejected_slope;
  add_pair(pair, result, of.references != nullptr, of.factor, sums);
}

}  // namespace detail

/// sums[s] = sum of x over sequence s, in a fixed order; starts (S+1), x (N), sums (S).
template <std::derived_from<computes_nothing> D>
void sum_sequences(D& /*d*/, id_span /*starts*/, const_wide_span<D> /*x*/,
                   std::span<double> /*sums*/) {}

template <class D>
struct scale_sequences_operands {
  required<id_span> starts;                   ///< (S+1)
  required<std::span<const double>> factors;  ///< (S)
  required<const_wide_span<D>> x;             ///< (N)
  required<wide_span<D>> y;                   ///< (N); may be x
};

/// y = factors[s] * x for the tokens of sequence s.
template <std::derived_from<computes_nothing> D>
void scale_sequences(D& /*d*/, const scale_sequences_operands<D>& /*of*/) {}

/// Calls `policy` for every pair. Adds loss and metrics to totals (preference_totals numbers) and
/// writes slopes (S): the derivative of the policy's loss with respect to each sequence's sum of
/// -log p. Totals and slopes are memory of the device.
template <std::derived_from<computes_nothing> D, preference_policy Policy>
void judge_pairs(D& /*d*/, const Policy& /*policy*/, const pair_sums& /*of*/, double* /*totals*/,
                 std::span<double> /*slopes*/) {}

template <class D>
concept preference_operations =
    requires(D& d, id_span starts, const_wide_span<D> x, wide_span<D> y, std::span<double> sums,
             std::span<const double> factors, const pair_sums& pairs, double* totals) {
      sum_sequences(d, starts, x, sums);
      scale_sequences(d, {.starts = starts, .factors = factors, .x = x, .y = y});
      judge_pairs(d, detail::preference_archetype(), pairs, totals, sums);
    };

}  // namespace zer0

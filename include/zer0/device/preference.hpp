// Two answers to one question as preference losses see them, and what such a loss is.
#pragma once

#include <zer0/device/host_device.hpp>

#include <array>
#include <concepts>

namespace zer0 {

/// One answer. Log-probabilities are sums over its target tokens: the answer's, not the question's.
struct answer_score {
  double log_probability = 0;  ///< under the model
  double reference = 0;        ///< under the reference model; 0 without one
  double targets = 0;          ///< tokens that are summed over
  double length = 0;           ///< tokens of the sequence, question and padding included
};

struct answer_pair {
  answer_score chosen, rejected;
};

struct pair_loss {
  double loss = 0;
  double chosen_slope = 0;  ///< derivative of the loss with respect to chosen.log_probability
  double rejected_slope = 0;
  double chosen_reward = 0;  ///< what the loss takes for the reward of an answer
  double rejected_reward = 0;
};

/// What a step reports of preference losses besides the loss, means over pairs. The names are those of TRL's trainers
/// where it has them. Log-ratios are of the model's probability to the reference's; `kl` is half their square, the mean
/// of both answers (Schulman's estimate k2, of the data's answers instead of the model's); 0 without a reference.
inline constexpr std::array preference_metrics{"rewards/margins",  "rewards/accuracies", "rewards/chosen",
                                               "rewards/rejected", "logps/chosen",       "logps/rejected",
                                               "logratios/chosen", "logratios/rejected", "kl"};
inline constexpr int preference_totals = 1 + static_cast<int>(preference_metrics.size());

/// A loss of pairs. It is called in kernels too: mark it ZER0_HOST_DEVICE.
template <class P>
concept preference_policy = std::copyable<P> && requires(const P& policy, const answer_pair& pair) {
  { policy(pair) } -> std::same_as<pair_loss>;
  { policy.needs_reference() } -> std::convertible_to<bool>;
};

/// What devices are checked with: the simplest policy.
struct preference_archetype {
  static constexpr bool needs_reference() { return false; }
  ZER0_HOST_DEVICE pair_loss operator()(const answer_pair&) const { return {}; }
};

/// Adds loss and metrics of one pair, times `factor`, to the sums.
ZER0_HOST_DEVICE inline void add_pair(const answer_pair& p, const pair_loss& l, bool reference, double factor,
                                      double (&sums)[preference_totals]) {
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

}  // namespace zer0

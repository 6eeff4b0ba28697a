// Bodies of zer0/core/sampling.hpp.
#pragma once

#include <zer0/core/error.hpp>
#include <zer0/core/sampling.hpp>

#include <algorithm>
#include <cmath>
#include <functional>

namespace zer0 {

ZER0_INLINE void sampling::check() const {
  require(temperature >= 0 && std::isfinite(temperature), "sampling: temperature is ", temperature,
          "; it must be at least 0 (0: always the most likely token)");
  require(top_k >= 0, "sampling: top_k is ", top_k, "; it must be at least 0 (0: no limit)");
  require(top_p > 0 && top_p <= 1, "sampling: top_p is ", top_p,
          "; it must be above 0 and at most 1 (1: no limit)");
  require(repetition_penalty > 0 && std::isfinite(repetition_penalty),
          "sampling: repetition_penalty is ", repetition_penalty,
          "; it must be positive (1: none)");
}

ZER0_INLINE sampler::sampler(sampling rules) : rules_(rules) { rules_.check(); }

ZER0_INLINE void sampler::set_rules(const sampling& rules) {
  rules.check();
  rules_ = rules;
}

ZER0_INLINE std::span<const double> sampler::probabilities(std::span<const float> logits,
                                                           std::span<const token_id> history) {
  require(are_numbers(logits),
          "generation: a logit is not a number; the model's weights are damaged or its training "
          "diverged");
  scores_.assign(logits.begin(), logits.end());
  penalize(history);
  if (rules_.temperature == 0) return only_the_best();
  softmax();
  keep_most_likely();
  return scores_;
}

ZER0_INLINE token_id sampler::draw(std::span<const double> probabilities, index_t sequence,
                                   index_t position) const {
  const double u = sampling_uniform(rules_.seed, sequence, position);
  double running = 0;
  token_id last = 0;
  for (std::size_t i = 0; i < probabilities.size(); ++i) {
    if (probabilities[i] == 0) continue;
    last = static_cast<token_id>(i);
    running += probabilities[i];
    if (u < running) return last;
  }
  return last;  // rounding left the sum just below u
}

ZER0_INLINE token_id sampler::next(std::span<const float> logits, std::span<const token_id> history,
                                   index_t sequence, index_t position) {
  return draw(probabilities(logits, history), sequence, position);
}

ZER0_INLINE bool sampler::are_numbers(std::span<const float> logits) {
  return std::none_of(logits.begin(), logits.end(), [](float x) { return std::isnan(x); });
}

ZER0_INLINE void sampler::penalize(std::span<const token_id> history) {
  if (rules_.repetition_penalty == 1) return;
  seen_.assign(scores_.size(), 0);
  for (const token_id token : history) {
    const auto at = static_cast<std::size_t>(token);
    if (at >= scores_.size() || seen_[at]) continue;
    seen_[at] = 1;
    const bool divide = scores_[at] > 0 || rules_.rule == repetition_rule::reference;
    scores_[at] =
        divide ? scores_[at] / rules_.repetition_penalty : scores_[at] * rules_.repetition_penalty;
  }
}

ZER0_INLINE std::span<const double> sampler::only_the_best() {
  const auto best = std::max_element(scores_.begin(), scores_.end()) - scores_.begin();
  std::fill(scores_.begin(), scores_.end(), 0.0);
  scores_[static_cast<std::size_t>(best)] = 1;
  return scores_;
}

ZER0_INLINE void sampler::softmax() {
  const double largest = *std::max_element(scores_.begin(), scores_.end());
  double total = 0;
  for (double& s : scores_) total += s = std::exp((s - largest) / rules_.temperature);
  for (double& s : scores_) s /= total;
}

ZER0_INLINE void sampler::keep_most_likely() {
  const auto all = static_cast<index_t>(scores_.size());
  const index_t at_most = rules_.top_k > 0 ? std::min(rules_.top_k, all) : all;
  if (at_most == all && rules_.top_p >= 1) return;
  order_.resize(scores_.size());
  for (std::size_t i = 0; i < order_.size(); ++i) order_[i] = static_cast<token_id>(i);
  const auto less = [this](token_id a, token_id b) {
    const double x = scores_[static_cast<std::size_t>(a)];
    const double y = scores_[static_cast<std::size_t>(b)];
    return x < y || (x == y && a > b);
  };
  std::make_heap(order_.begin(), order_.end(), less);
  kept_.clear();
  double mass = 0;  // total probability of the tokens kept
  double limit = rules_.top_p;
  if (at_most < all) limit *= largest_sum(at_most);  // top-p counts within what top-k leaves
  for (index_t taken = 0; taken < at_most && (taken == 0 || mass <= limit || rules_.top_p >= 1);
       ++taken) {
    std::pop_heap(order_.begin(), order_.end() - taken, less);
    const auto token = static_cast<std::size_t>(*(order_.end() - 1 - taken));
    kept_.push_back({token, scores_[token]});
    mass += scores_[token];
  }
  std::fill(scores_.begin(), scores_.end(), 0.0);
  for (const auto& [token, p] : kept_) scores_[token] = p / mass;
}

ZER0_INLINE double sampler::largest_sum(index_t n) {
  sorted_.assign(scores_.begin(), scores_.end());
  std::nth_element(sorted_.begin(), sorted_.begin() + (n - 1), sorted_.end(), std::greater<>());
  double total = 0;
  for (index_t i = 0; i < n; ++i) total += sorted_[static_cast<std::size_t>(i)];
  return total;
}

}  // namespace zer0

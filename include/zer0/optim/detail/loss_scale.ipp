// Bodies of zer0/optim/loss_scale.hpp.
#pragma once

#include <zer0/core/error.hpp>
#include <zer0/optim/loss_scale.hpp>

#include <cmath>

namespace zer0 {

ZER0_INLINE dynamic_loss_scale::dynamic_loss_scale(const loss_scale_rule& rule)
    : rule_(rule), state_{.factor = rule.initial} {
  require(is_power_of_two(rule.smallest) && is_power_of_two(rule.initial) &&
              is_power_of_two(rule.largest),
          "loss_scale: scales of ", rule.smallest, ", ", rule.initial, " and ", rule.largest,
          " are given; each must be a power of two");
  require(rule.smallest <= rule.initial && rule.initial <= rule.largest, "loss_scale: initial is ",
          rule.initial, "; it must lie between smallest (", rule.smallest, ") and largest (",
          rule.largest, ")");
  require(rule.growth_interval >= 1 && rule.patience >= 1, "loss_scale: growth_interval is ",
          rule.growth_interval, " and patience ", rule.patience, "; both must be at least 1");
}

ZER0_INLINE void dynamic_loss_scale::restore(const state& s) {
  require(is_power_of_two(s.factor), "loss_scale: the saved factor is ", s.factor,
          ", not a power of two");
  state_ = s;
}

ZER0_INLINE void dynamic_loss_scale::accept() {
  state_.skipped_at_smallest = 0;
  if (++state_.good_steps < rule_.growth_interval) return;
  state_.good_steps = 0;
  state_.factor = std::fmin(2 * state_.factor, rule_.largest);
}

ZER0_INLINE void dynamic_loss_scale::skip(index_t step) {
  const bool smallest = state_.factor <= rule_.smallest;
  require(!smallest || state_.skipped_at_smallest < rule_.patience,
          "training diverged: gradients overflow float16 at step ", step, ", as in the ",
          rule_.patience, " steps before it, at the smallest loss scale (", rule_.smallest,
          "); lower the learning rate, warm up, or train in bfloat16");
  state_.good_steps = 0;
  ++state_.skipped_steps;
  if (smallest) ++state_.skipped_at_smallest;
  state_.factor = std::fmax(state_.factor / 2, rule_.smallest);
}

ZER0_INLINE bool dynamic_loss_scale::is_power_of_two(double x) {
  int exponent = 0;
  return std::isfinite(x) && std::frexp(x, &exponent) == 0.5;
}

}  // namespace zer0

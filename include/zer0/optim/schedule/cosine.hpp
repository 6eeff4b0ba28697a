// Cosine learning rate schedules with linear warmup.
#pragma once

#include <zer0/core/types.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace zer0 {
namespace detail {

/// The fraction of the decay that is over at step t (from 0) of `total` steps, the first `warmup`
/// of which are warmup.
inline double decay_progress(index_t t, index_t total, index_t warmup) {
  const auto length = static_cast<double>(std::max<index_t>(total - warmup, 1));
  return std::clamp(static_cast<double>(t - warmup) / length, 0.0, 1.0);
}

/// Factor of linear warmup at step t (from 0): 1/warmup, 2/warmup, ... 1.
inline double warmup_factor(index_t t, index_t warmup) {
  return t < warmup ? static_cast<double>(t + 1) / static_cast<double>(warmup) : 1;
}

}  // namespace detail

/// A schedule is any callable (step from 0, number of steps) -> learning rate.
///
/// This one falls from `learning_rate` to a tenth of it along half a cosine, after `warmup` steps
/// of linear warmup. Source: Loshchilov & Hutter 2017, arXiv:1608.03983, equation 5.
struct cosine {
  double learning_rate = 5e-4;
  index_t warmup = 0;

  double operator()(index_t step, index_t total) const {
    const double wave =
        1 + std::cos(std::numbers::pi * detail::decay_progress(step, total, warmup));
    return detail::warmup_factor(step, warmup) * learning_rate * (0.1 + 0.45 * wave);
  }
};

/// As in the reference implementation: lr/10 + lr/2 (1 + cos(pi t/T)), which starts at 1.1 times
/// `learning_rate`.
struct cosine_reference {
  double learning_rate = 5e-4;
  index_t warmup = 0;

  double operator()(index_t step, index_t total) const {
    const double wave =
        1 + std::cos(std::numbers::pi * detail::decay_progress(step, total, warmup));
    return detail::warmup_factor(step, warmup) * (learning_rate / 10 + 0.5 * learning_rate * wave);
  }
};

}  // namespace zer0

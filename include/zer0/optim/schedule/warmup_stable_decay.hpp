// Learning rate schedules that are constant after warmup, without or with a decay at the end.
#pragma once

#include <zer0/optim/schedule/cosine.hpp>

#include <algorithm>
#include <cmath>

namespace zer0 {

/// `learning_rate` at every step after `warmup` steps of linear warmup.
struct constant_rate {
  double learning_rate = 5e-4;
  index_t warmup = 0;

  double operator()(index_t step, index_t /*total*/) const {
    return detail::warmup_factor(step, warmup) * learning_rate;
  }
};

/// How the learning rate falls in the decay: the factor that is left when a fraction p of it is
/// over.
enum class decay_shape {
  linear,          ///< 1 - p
  one_minus_sqrt,  ///< 1 - sqrt(p), which falls early; often the better one
};

/// `learning_rate` after `warmup` steps of linear warmup; over the last steps it decays to a floor.
/// Unlike a cosine, it does not depend on the number of steps until the decay begins: a run can be
/// extended later from a checkpoint that was saved before the decay. Source: Hu et al. 2024,
/// arXiv:2404.06395, section 4; the shapes: Hägele et al. 2024, arXiv:2405.18392, section 3.
struct warmup_stable_decay {
  double learning_rate = 5e-4;
  index_t warmup = 0;
  double decay = 0.2;  ///< the last steps that decay, as a fraction of all steps
  double floor = 0;    ///< the rate after the last step, as a fraction of learning_rate
  decay_shape shape = decay_shape::linear;

  double operator()(index_t step, index_t total) const {
    const auto length = static_cast<index_t>(std::llround(decay * static_cast<double>(total)));
    const index_t begin = std::max(total - length, warmup);
    const double progress = detail::decay_progress(step, total, begin);
    const double left = 1 - (shape == decay_shape::linear ? progress : std::sqrt(progress));
    return detail::warmup_factor(step, warmup) * learning_rate * (floor + (1 - floor) * left);
  }
};

}  // namespace zer0

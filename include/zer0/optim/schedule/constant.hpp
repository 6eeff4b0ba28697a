// The constant learning rate schedule, with linear warmup.
#pragma once

#include <zer0/optim/schedule/cosine.hpp>

namespace zer0 {

/// `learning_rate` at every step after `warmup` steps of linear warmup.
struct constant_rate {
  double learning_rate = 5e-4;
  index_t warmup = 0;

  double operator()(index_t step, index_t /*total*/) const {
    return detail::warmup_factor(step, warmup) * learning_rate;
  }
};

}  // namespace zer0

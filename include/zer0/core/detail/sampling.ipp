// Bodies of zer0/core/sampling.hpp.
#pragma once

#include <zer0/core/error.hpp>
#include <zer0/core/sampling.hpp>

#include <cmath>

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

}  // namespace zer0

// What a step's loss is the mean of, over the micro-batches that it accumulates.
#pragma once

#include <zer0/core/batch.hpp>

namespace zer0 {

/// The mean over all target tokens of the window: how tokens are dealt out to micro-batches changes nothing.
struct per_target_token {
  /// Factor of the weights of one micro-batch.
  [[nodiscard]] double micro_factor(const token_batch&) const { return 1; }
  /// Factor of the sum over the window, of `batches` micro-batches with `targets` target tokens.
  [[nodiscard]] double window_factor(index_t /*batches*/, double targets) const {
    return targets > 0 ? 1 / targets : 0;
  }
};

/// The mean of the micro-batches' means, as the reference implementation has it: a target token counts more in a
/// micro-batch with few. A micro-batch without targets counts as one of loss 0.
struct mean_of_means {
  [[nodiscard]] double micro_factor(const token_batch& batch) const {
    const double targets = batch.target_tokens();
    return targets > 0 ? 1 / targets : 0;
  }
  [[nodiscard]] double window_factor(index_t batches, double /*targets*/) const {
    return 1 / static_cast<double>(batches);
  }
};

}  // namespace zer0

// What a step's loss is the mean of, over the micro-batches that it accumulates.
#pragma once

#include <zer0/core/batch.hpp>

namespace zer0 {

/// The mean over all target tokens of the window: how tokens are dealt out to micro-batches changes nothing.
struct per_target_token {
  /// How many of what the mean is over are in a micro-batch.
  [[nodiscard]] double count(const token_batch& batch) const { return batch.target_tokens(); }
  /// Factor of the weights of one micro-batch.
  [[nodiscard]] double micro_factor(const token_batch&) const { return 1; }
  /// Factor of the sum over the window, of `batches` micro-batches in which `counted` were counted.
  [[nodiscard]] double window_factor(index_t /*batches*/, double counted) const {
    return counted > 0 ? 1 / counted : 0;
  }
};

/// The mean of the micro-batches' means, as the reference implementation has it: a target token counts more in a
/// micro-batch with few. A micro-batch without targets counts as one of loss 0.
struct mean_of_means {
  [[nodiscard]] double count(const token_batch& batch) const { return batch.target_tokens(); }
  [[nodiscard]] double micro_factor(const token_batch& batch) const {
    const double targets = batch.target_tokens();
    return targets > 0 ? 1 / targets : 0;
  }
  [[nodiscard]] double window_factor(index_t batches, double /*counted*/) const {
    return 1 / static_cast<double>(batches);
  }
};

/// The mean over all pairs of answers of the window, for preference losses: two sequences a pair.
struct per_pair {
  [[nodiscard]] double count(const token_batch& batch) const { return static_cast<double>(batch.sequences() / 2); }
  [[nodiscard]] double micro_factor(const token_batch&) const { return 1; }
  [[nodiscard]] double window_factor(index_t /*batches*/, double counted) const {
    return counted > 0 ? 1 / counted : 0;
  }
};

}  // namespace zer0

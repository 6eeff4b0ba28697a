// How the losses of a step are averaged over the micro-batches that it accumulates.
//
// One step sums over a window of micro-batches: window_factor * sum over them of
// micro_factor * (the sum of the losses in the micro-batch).
#pragma once

#include <zer0/core/types.hpp>

namespace zer0 {

/// The mean over all target tokens of the window. It is the same however tokens are dealt out to
/// micro-batches.
struct per_target_token {
  /// How many of the things that the mean is over a micro-batch has.
  [[nodiscard]] double count(const token_batch& batch) const { return batch.target_tokens(); }
  /// The factor of the weights of one micro-batch.
  [[nodiscard]] double micro_factor(const token_batch&) const { return 1; }
  /// The factor of the sum over the window: it has `batches` micro-batches, whose counts add up to
  /// `counted`.
  [[nodiscard]] double window_factor(index_t /*batches*/, double counted) const {
    return counted > 0 ? 1 / counted : 0;
  }
};

/// The mean over micro-batches of their own means, as the reference implementation has it: a target
/// token counts more in a micro-batch with few. A micro-batch without targets counts as one of loss
/// 0.
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

/// The mean over all pairs of answers of the window, for preference losses: a pair is two
/// sequences.
struct per_pair {
  [[nodiscard]] double count(const token_batch& batch) const {
    return static_cast<double>(batch.sequences() / 2);
  }
  [[nodiscard]] double micro_factor(const token_batch&) const { return 1; }
  [[nodiscard]] double window_factor(index_t /*batches*/, double counted) const {
    return counted > 0 ? 1 / counted : 0;
  }
};

}  // namespace zer0

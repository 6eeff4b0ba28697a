// How the losses of a step are averaged over the micro-batches whose gradients it accumulates.
//
// The loss of a step is window_factor * sum over its micro-batches of (micro_factor * sum of the
// losses in the micro-batch). The micro-batches of a step are its window.
#pragma once

#include <zer0/core/types.hpp>

namespace zer0 {

/// The mean over all target tokens of the window, however they are divided into micro-batches.
struct per_target_token {
  /// How much `batch` adds to `counted` of the window: here, its target tokens.
  [[nodiscard]] double count(const token_batch& batch) const { return batch.target_tokens(); }
  /// What the losses of one micro-batch are multiplied by.
  [[nodiscard]] double micro_factor(const token_batch&) const { return 1; }
  /// What the sum over the window is multiplied by. `batches`: its number of micro-batches;
  /// `counted`: the sum of their counts.
  [[nodiscard]] double window_factor(index_t /*batches*/, double counted) const {
    return counted > 0 ? 1 / counted : 0;
  }
};

/// The mean over micro-batches of their own means, as in the reference implementation: a target
/// token counts more in a micro-batch that has few. A micro-batch without targets counts as one
/// with a loss of 0.
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

/// The mean over all pairs of answers in the window, for preference losses. A pair is two
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

/// One of the normalizations above, chosen when the program runs.
struct any_normalization {
  bool means = false;  ///< over micro-batches of their own means, as mean_of_means
  bool pairs = false;  ///< over pairs of answers, as per_pair; false: over target tokens

  [[nodiscard]] double count(const token_batch& batch) const {
    return pairs ? per_pair().count(batch) : per_target_token().count(batch);
  }
  [[nodiscard]] double micro_factor(const token_batch& batch) const {
    const double counted = count(batch);
    return !means ? 1 : counted > 0 ? 1 / counted : 0;
  }
  [[nodiscard]] double window_factor(index_t batches, double counted) const {
    return means ? 1 / static_cast<double>(batches) : counted > 0 ? 1 / counted : 0;
  }
};

}  // namespace zer0

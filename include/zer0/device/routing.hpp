// What the operations of routing share: how many rows a share is, and what the loss of balance is made of.
//
// Letters: N tokens, E experts, A places for chosen pairs of token and expert. Logits, scores, gates and masks are
// (N,E) of wide<real>; a mask holds 0 or 1. `live` (N) holds 1, or 0 for a token that is neither routed nor counted
// (padding); empty: all live.
#pragma once

#include <zer0/core/types.hpp>
#include <zer0/device/host_device.hpp>

#include <cmath>

namespace zer0 {

/// The loss that keeps experts evenly loaded. Segments are sequences, or the whole batch as one. Of segment s: T_s live
/// rows, count_se of them routed to expert e, mean_se the mean of their scores; T: all live rows; S: segments; k, E.
///   normalized:  weight * E/(k T) * sum_s sum_e count_se mean_se    (DeepSeek-V2, arXiv:2405.04434, eq. 23 to 25, with
///                sequences weighted by their length; uniform routing: weight)
///   otherwise:   weight / S * sum_s sum_e count_se mean_se
/// The derivative takes counts for constants.
struct balance_rule {
  double weight = 0;
  index_t experts_per_token = 1;  ///< k
  bool normalized = true;
  bool whole_batch = false;
};

namespace detail {

/// share * live, rounded up, at most live. A product that is whole but for its rounding counts as whole.
ZER0_HOST_DEVICE inline index_t rows_of_share(double share, index_t live) {
  const auto rows = static_cast<index_t>(std::ceil(share * static_cast<double>(live) - 1e-6));
  return rows < 0 ? 0 : rows > live ? live : rows;
}

/// What count_se times a row's score is multiplied by in the loss.
ZER0_HOST_DEVICE inline double balance_factor(const balance_rule& rule, index_t experts, index_t segments,
                                              double live_of_segment, double live) {
  if (live_of_segment == 0) return 0;
  const double whole = rule.normalized
                           ? static_cast<double>(experts) / (static_cast<double>(rule.experts_per_token) * live)
                           : 1 / static_cast<double>(segments);
  return rule.weight * whole / live_of_segment;
}

}  // namespace detail
}  // namespace zer0

// Generation: chooses the next token of each row of logits.
//
// Letters: N rows (sequences that wait for a token), V the vocabulary. Rules common to all groups:
// device/device.hpp.
#pragma once

#include <zer0/device/ops/operands.hpp>

namespace zer0 {

struct sampling;  // core/sampling.hpp

/// The N rows that tokens are chosen for.
struct sampling_rows {
  id_span sequences;  ///< (N) number of the row's sequence; only the random number depends on it
  id_span positions;  ///< (N) tokens chosen for it before; only the random number depends on it
  /// (N+1) row i's older tokens are history[starts[i]] .. history[starts[i+1]-1]; both are needed
  /// only with a repetition penalty
  id_span starts = {};
  id_span history = {};
};

/// Writes the next token of each row of logits (N, V) to tokens (N), by the rules of
/// core/sampling.hpp, or no_token if a logit of the row is NaN. Devices choose the same token
/// unless different rounding moves the random draw, or a limit of top-k or top-p, from one token to
/// another.
template <std::derived_from<computes_nothing> D>
void choose_tokens(D& /*d*/, const sampling& /*rules*/, const_view<D> /*logits*/,
                   const sampling_rows& /*rows*/, std::span<std::int32_t> /*tokens*/) {}

template <class D>
concept sampling_operations =
    requires(D& d, const sampling& rules, const_view<D> logits, const sampling_rows& rows,
             std::span<std::int32_t> tokens) { choose_tokens(d, rules, logits, rows, tokens); };

}  // namespace zer0

// Generation: the next token of each row of logits.
//
// Letters: N rows (sequences that wait for a token), V the vocabulary. Rules common to all groups:
// device/device.hpp.
#pragma once

#include <zer0/device/ops/operands.hpp>

namespace zer0 {

struct sampling;  // core/sampling.hpp

/// For whom N tokens are chosen.
struct sampling_rows {
  id_span sequences;  ///< (N) which sequence, for the random number alone
  id_span positions;  ///< (N) how many tokens were chosen for it before, likewise
  /// (N+1) row i's older tokens are history[starts[i]] .. ; only with a repetition penalty
  id_span starts = {};
  id_span history = {};
};

/// Writes the next token of each row of logits (N, V) to tokens (N), by the rules of
/// core/sampling.hpp, or no_token if a logit of the row is not a number. Devices choose the same
/// token unless rounding moves a limit across one.
template <std::derived_from<computes_nothing> D>
void choose_tokens(D& /*d*/, const sampling& /*rules*/, const_view<D> /*logits*/,
                   const sampling_rows& /*rows*/, std::span<std::int32_t> /*tokens*/) {}

template <class D>
concept sampling_operations =
    requires(D& d, const sampling& rules, const_view<D> logits, const sampling_rows& rows,
             std::span<std::int32_t> tokens) { choose_tokens(d, rules, logits, rows, tokens); };

}  // namespace zer0

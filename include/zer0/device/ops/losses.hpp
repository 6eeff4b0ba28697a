// Cross-entropy of the logits of each token.
//
// Letters: N tokens, V the vocabulary. Rules common to all groups: device/device.hpp.
#pragma once

#include <zer0/device/ops/operands.hpp>

namespace zer0 {

template <class D>
struct cross_entropy_loss_operands {
  required<const_view<D>> logits;        ///< (N, V)
  required<id_span> targets;             ///< (N)
  required<const_wide_span<D>> weights;  ///< (N)
  required<wide_span<D>> loss;           ///< (N)
};

/// loss[i] = -log softmax(logits[i])[targets[i]] * weights[i]. Where the weight is 0 the loss is 0,
/// and the target is not read.
template <std::derived_from<computes_nothing> D>
void cross_entropy_loss(D& /*d*/, const cross_entropy_loss_operands<D>& /*of*/) {}

template <class D>
struct cross_entropy_gradient_operands {
  required<view<D>> logits;              ///< (N, V), become their gradient
  required<id_span> targets;             ///< (N)
  required<const_wide_span<D>> weights;  ///< (N)
  required<wide_span<D>> loss;           ///< (N)
};

/// The same loss, and logits[i] become weights[i] * (softmax(logits[i]) - onehot(targets[i])).
template <std::derived_from<computes_nothing> D>
void cross_entropy_gradient(D& /*d*/, const cross_entropy_gradient_operands<D>& /*of*/) {}

template <class D>
concept loss_operations = requires(D& d, const_view<D> x, view<D> y, id_span targets,
                                   const_wide_span<D> weights, wide_span<D> loss) {
  cross_entropy_loss(d, {.logits = x, .targets = targets, .weights = weights, .loss = loss});
  cross_entropy_gradient(d, {.logits = y, .targets = targets, .weights = weights, .loss = loss});
};

}  // namespace zer0

// The optimizer's update of weights, on contiguous buffers of n numbers.
//
// Rules common to all groups: device/device.hpp.
#pragma once

#include <zer0/device/ops/operands.hpp>

namespace zer0 {

struct adamw_sizes {
  double learning_rate, beta1, beta2, eps, weight_decay;
  index_t step;                ///< number of this update, from 1
  double gradient_factor = 1;  ///< gradients are multiplied by this: normalization and clipping
};

template <class D>
struct adamw_operands {
  required<wide_span<D>> weights;          ///< (n)
  required<const_wide_span<D>> gradients;  ///< (n)
  required<wide_span<D>> first;            ///< (n), first moment m
  required<wide_span<D>> second;           ///< (n), second moment v
  /// (n), the model's own weights where `real` has 16 bits: `weights` rounded, written. Empty on
  /// devices whose wide<real> is real.
  real_span<D> rounded = {};
};

/// AdamW. Loshchilov & Hutter 2019, arXiv:1711.05101. With g = gradients * gradient_factor, p =
/// weights, t = step:
/// p *= 1 - lr*wd; m = b1 m + (1-b1) g; v = b2 v + (1-b2) g^2;
/// p -= lr/(1-b1^t) m / (sqrt(v)/sqrt(1-b2^t) + eps)
template <std::derived_from<computes_nothing> D>
void adamw_update(D& /*d*/, const adamw_sizes& /*sizes*/, const adamw_operands<D>& /*of*/) {}

template <class D>
concept optimizer_operations = requires(D& d, const adamw_sizes& sizes, wide_span<D> buffer,
                                        const_wide_span<D> gradients, real_span<D> rounded) {
  adamw_update(d, sizes,
               {.weights = buffer,
                .gradients = gradients,
                .first = buffer,
                .second = buffer,
                .rounded = rounded});
};

}  // namespace zer0

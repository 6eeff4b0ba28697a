// Activations, plain and gated. `act` is an empty type of device/activation.hpp, whose functions
// kernels call; a device must compile any such type.
//
// Letters: N rows, F their width (the hidden width). All views are (N, F). Rules common to all
// groups: device/device.hpp.
#pragma once

#include <zer0/device/activation.hpp>
#include <zer0/device/ops/operands.hpp>

namespace zer0 {

/// y = act(x); y may be x. For x and y of real, and of wide<real>.
template <std::derived_from<computes_nothing> D, activation A>
void activate_forward(D& /*d*/, A /*act*/, const_view<D> /*x*/, view<D> /*y*/) {}

/// dx = dy act'(x); dx may be dy. For x, dy and dx of real, and of wide<real>.
template <std::derived_from<computes_nothing> D, activation A>
void activate_backward(D& /*d*/, A /*act*/, const_view<D> /*x*/, const_view<D> /*dy*/,
                       view<D> /*dx*/) {}

template <class D>
struct gate_forward_operands {
  required<const_view<D>> gate;
  required<const_view<D>> up;
  required<view<D>> y;
};

/// y = act(gate) * up. Shazeer 2020, arXiv:2002.05202
template <std::derived_from<computes_nothing> D, activation A>
void gate_forward(D& /*d*/, A /*act*/, const gate_forward_operands<D>& /*of*/) {}

template <class D>
struct gate_backward_operands {
  required<const_view<D>> gate;
  required<const_view<D>> up;
  required<const_view<D>> dy;
  required<view<D>> dgate;  ///< may be gate
  required<view<D>> dup;    ///< may be up
};

/// dgate = dy up act'(gate), dup = dy act(gate).
template <std::derived_from<computes_nothing> D, activation A>
void gate_backward(D& /*d*/, A /*act*/, const gate_backward_operands<D>& /*of*/) {}

template <class D>
concept activation_operations =
    requires(D& d, const_view<D> x, const_wide_view<D> wide_x, view<D> y, wide_view<D> wide_y) {
      activate_forward(d, silu(), x, y);
      activate_forward(d, silu(), wide_x, wide_y);
      activate_backward(d, silu(), x, x, y);
      activate_backward(d, silu(), wide_x, wide_x, wide_y);
      gate_forward(d, silu(), {.gate = x, .up = x, .y = y});
      gate_backward(d, silu(), {.gate = x, .up = x, .dy = x, .dgate = y, .dup = y});
    };

}  // namespace zer0

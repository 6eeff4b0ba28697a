// What zer0::compiled contains of operations that are templates: their instances for one device of
// the host and zer0's own types. A user's own activation is compiled where it is used.
#pragma once

#include <zer0/device/activation.hpp>
#include <zer0/device/device.hpp>

#define ZER0_INSTANCES_OF_ACTIVATION(EXTERN, D, A)                                      \
  EXTERN template void activate_forward(D&, A, const_view<D>, view<D>);                 \
  EXTERN template void activate_backward(D&, A, const_view<D>, const_view<D>, view<D>); \
  EXTERN template void gate_forward(D&, A, const gate_forward_operands<D>&);            \
  EXTERN template void gate_backward(D&, A, const gate_backward_operands<D>&);

#define ZER0_INSTANCES_OF_ROUTING(EXTERN, D)                                                     \
  EXTERN template void softmax_rows(D&, const_wide_view<D>, wide_view<D>);                       \
  EXTERN template void softmax_rows_backward(D&, const softmax_rows_backward_operands<D>&);      \
  EXTERN template void choose_in_rows(D&, const_wide_view<D>, const_wide_span<D>, index_t,       \
                                      wide_view<D>);                                             \
  EXTERN template void choose_in_columns(D&, const_wide_view<D>, const_wide_span<D>, double,     \
                                         wide_view<D>);                                          \
  EXTERN template void limit_columns(D&, const_wide_view<D>, const_wide_span<D>, double,         \
                                     wide_view<D>);                                              \
  EXTERN template void gate_chosen(D&, const gate_chosen_operands<D>&);                          \
  EXTERN template void gate_chosen_backward(D&, const gate_chosen_backward_operands<D>&);        \
  EXTERN template void list_chosen(D&, const list_chosen_operands<D>&);                          \
  EXTERN template void gather_gates(D&, const gather_gates_operands<D>&);                        \
  EXTERN template void scatter_gates(D&, const scatter_gates_operands<D>&);                      \
  EXTERN template void combine_rows(D&, const combine_rows_operands<D>&);                        \
  EXTERN template void combine_rows_backward(D&, const combine_rows_backward_operands<D>&);      \
  EXTERN template void balance_loss(D&, const balance_rule&, const balance_loss_operands<D>&);   \
  EXTERN template void balance_loss_gradient(D&, const balance_rule&,                            \
                                             const balance_loss_gradient_operands<D>&);          \
  EXTERN template void z_loss(D&, const_wide_view<D>, const_wide_span<D>, double, wide_span<D>); \
  EXTERN template void z_loss_gradient(D&, const_wide_view<D>, const_wide_span<D>, double,       \
                                       wide_view<D>);                                            \
  EXTERN template void lean_to_mean(D&, const_wide_span<D>, double, wide_span<D>);

// `EXTERN` is `extern` to declare the instances, and empty to define them.
#define ZER0_INSTANCES_OF_HOST(EXTERN, D)                                                      \
  ZER0_INSTANCES_OF_ACTIVATION(EXTERN, D, sigmoid)                                             \
  ZER0_INSTANCES_OF_ACTIVATION(EXTERN, D, silu)                                                \
  ZER0_INSTANCES_OF_ACTIVATION(EXTERN, D, gelu)                                                \
  ZER0_INSTANCES_OF_ACTIVATION(EXTERN, D, gelu_tanh)                                           \
  ZER0_INSTANCES_OF_ACTIVATION(EXTERN, D, relu_squared)                                        \
  ZER0_INSTANCES_OF_ROUTING(EXTERN, D)                                                         \
  EXTERN template void choose_tokens(D&, const sampling&, const_view<D>, const sampling_rows&, \
                                     std::span<std::int32_t>);

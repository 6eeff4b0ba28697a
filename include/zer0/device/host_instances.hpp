// What zer0::compiled holds of kernels that are templates: their instances for one device of the host and for what zer0
// itself puts in. A user's own activation is compiled where it is used.
#pragma once

#include <zer0/device/activation.hpp>
#include <zer0/device/device.hpp>

// `EXTERN`: `extern` where they are declared, nothing where they are defined.
#define ZER0_INSTANCES_OF_ACTIVATION(EXTERN, D, A)                                      \
  EXTERN template void activate_forward(D&, A, const_view<D>, view<D>);                 \
  EXTERN template void activate_backward(D&, A, const_view<D>, const_view<D>, view<D>); \
  EXTERN template void gate_forward(D&, A, const_view<D>, const_view<D>, view<D>);      \
  EXTERN template void gate_backward(D&, A, const_view<D>, const_view<D>, const_view<D>, view<D>, view<D>);

#define ZER0_INSTANCES_OF_ACTIVATIONS(EXTERN, D)     \
  ZER0_INSTANCES_OF_ACTIVATION(EXTERN, D, sigmoid)   \
  ZER0_INSTANCES_OF_ACTIVATION(EXTERN, D, silu)      \
  ZER0_INSTANCES_OF_ACTIVATION(EXTERN, D, gelu)      \
  ZER0_INSTANCES_OF_ACTIVATION(EXTERN, D, gelu_tanh) \
  ZER0_INSTANCES_OF_ACTIVATION(EXTERN, D, relu_squared)

// Of host_routing.hpp and host_experts.hpp.
#define ZER0_INSTANCES_OF_ROUTING(EXTERN, D)                                                                           \
  EXTERN template void softmax_rows(D&, const_wide_view<D>, wide_view<D>);                                             \
  EXTERN template void softmax_rows_backward(D&, const_wide_view<D>, const_wide_view<D>, wide_view<D>);                \
  EXTERN template void choose_in_rows(D&, const_wide_view<D>, const_wide_span<D>, index_t, wide_view<D>);              \
  EXTERN template void choose_in_columns(D&, const_wide_view<D>, const_wide_span<D>, double, wide_view<D>);            \
  EXTERN template void limit_columns(D&, const_wide_view<D>, const_wide_span<D>, double, wide_view<D>);                \
  EXTERN template void gate_chosen(D&, const_wide_view<D>, const_wide_view<D>, bool, double, wide_view<D>);            \
  EXTERN template void gate_chosen_backward(D&, const_wide_view<D>, const_wide_view<D>, bool, double,                  \
                                            const_wide_view<D>, wide_view<D>);                                         \
  EXTERN template void balance_loss(D&, const balance_rule&, id_span, const_wide_span<D>, const_wide_view<D>,          \
                                    const_wide_view<D>, wide_view<D>, wide_span<D>);                                   \
  EXTERN template void balance_loss_gradient(D&, const balance_rule&, id_span, const_wide_span<D>, const_wide_view<D>, \
                                             wide_view<D>);                                                            \
  EXTERN template void z_loss(D&, const_wide_view<D>, const_wide_span<D>, double, wide_span<D>);                       \
  EXTERN template void z_loss_gradient(D&, const_wide_view<D>, const_wide_span<D>, double, wide_view<D>);              \
  EXTERN template void lean_to_mean(D&, const_wide_span<D>, double, wide_span<D>);                                     \
  EXTERN template void list_chosen(D&, const_wide_view<D>, std::span<std::int32_t>, std::span<std::int32_t>,           \
                                   std::span<std::int32_t>, std::span<std::int32_t>);                                  \
  EXTERN template void gather_gates(D&, const_wide_view<D>, id_span, id_span, wide_span<D>);                           \
  EXTERN template void scatter_gates(D&, const_wide_span<D>, id_span, id_span, wide_view<D>);                          \
  EXTERN template void combine_rows(D&, id_span, id_span, const_wide_span<D>, const_view<D>, double, view<D>);         \
  EXTERN template void combine_rows_backward(D&, id_span, id_span, const_wide_span<D>, const_view<D>, const_view<D>,   \
                                             view<D>, wide_span<D>);

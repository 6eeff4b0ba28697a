// Every operation of the cuda device by its signature, once, in the order of device/device.hpp.
// ZER0_CUDA_OPERATIONS_OF_FLOAT(EXTERN) and ZER0_CUDA_OPERATIONS_OF_16_BITS(EXTERN, D), D being
// cuda_bf16 or cuda_fp16, instantiate all of them. Use them in namespace zer0, after the headers
// that define the operations; `EXTERN` is `extern` to declare the instances, and empty to compile
// them.
//
// With ZER0_CUDA_COMPILED, as for all who link the CMake target zer0::cuda_compiled, the instances
// are compiled once, into that library. A file that uses the device then compiles no kernel, except
// those that take a type of its own: an activation, a preference policy. Without the macro, the
// default, each file compiles what it uses. An operation that is missing here works too, but each
// file compiles it again; tests/cuda_on_cpu looks for such.
#pragma once

/// An operation whose operands are all named, in the one struct OPERATION_operands.
#define ZER0_CUDA_NAMED(EXTERN, D, OPERATION) \
  EXTERN template void OPERATION(D&, const OPERATION##_operands<D>&);

/// The operations of every cuda device.
#define ZER0_CUDA_COMMON(EXTERN, D)                                                               \
  EXTERN template void fill(D&, view<D>, double);                                                 \
  EXTERN template void copy(D&, const_view<D>, view<D>);                                          \
  EXTERN template void add(D&, const_view<D>, view<D>);                                           \
  EXTERN template void add_scaled(D&, double, const_view<D>, view<D>);                            \
  EXTERN template void scale(D&, double, view<D>);                                                \
  EXTERN template void add_bias(D&, const_real_span<D>, view<D>);                                 \
  EXTERN template void add_column_sums(D&, const_view<D>, wide_span<D>);                          \
  EXTERN template void add_sum(D&, const_wide_span<D>, double*);                                  \
  EXTERN template void add_squares(D&, const_wide_span<D>, double*);                              \
  EXTERN template void gather_rows(D&, const_view<D>, id_span, view<D>);                          \
  EXTERN template void scatter_rows(D&, const_view<D>, id_span, view<D>);                         \
  EXTERN template void apply_dropout(D&, double, random_stream, const_view<D>, view<D>);          \
  EXTERN template void add_dropout(D&, double, random_stream, const_view<D>, view<D>);            \
  EXTERN template void random_normal(D&, random_stream, double, double, view<D>);                 \
  EXTERN template void random_uniform(D&, random_stream, double, double, view<D>);                \
  EXTERN template void matmul(D&, matrix_of<D>, matrix_of<D>, double, view<D>);                   \
  EXTERN template void grouped_matmul(D&, id_span, const_view<D>, matrix_of<D>, view<D>);         \
  ZER0_CUDA_NAMED(EXTERN, D, grouped_weight_gradient)                                             \
  EXTERN template void embedding_forward(D&, const_view<D>, id_span, view<D>);                    \
  EXTERN template void embedding_backward(D&, id_span, const_view<D>, wide_view<D>);              \
  ZER0_CUDA_NAMED(EXTERN, D, rms_norm_forward)                                                    \
  ZER0_CUDA_NAMED(EXTERN, D, rms_norm_backward)                                                   \
  ZER0_CUDA_NAMED(EXTERN, D, add_rms_norm_forward)                                                \
  ZER0_CUDA_NAMED(EXTERN, D, layer_norm_forward)                                                  \
  ZER0_CUDA_NAMED(EXTERN, D, layer_norm_backward)                                                 \
  ZER0_CUDA_NAMED(EXTERN, D, rotate)                                                              \
  EXTERN template void standard_attention_forward(D&, const attention_sizes&,                     \
                                                  const standard_attention_forward_operands<D>&); \
  EXTERN template void standard_attention_backward(                                               \
      D&, const attention_sizes&, const standard_attention_backward_operands<D>&);                \
  EXTERN template void flash_attention_forward(D&, const attention_sizes&,                        \
                                               const flash_attention_forward_operands<D>&);       \
  EXTERN template void flash_attention_backward(D&, const attention_sizes&,                       \
                                                const flash_attention_backward_operands<D>&);     \
  EXTERN template void cached_attention(D&, const attention_sizes&,                               \
                                        const cached_attention_operands<D>&);                     \
  ZER0_CUDA_NAMED(EXTERN, D, cross_entropy_loss)                                                  \
  ZER0_CUDA_NAMED(EXTERN, D, cross_entropy_gradient)                                              \
  EXTERN template void softmax_rows(D&, const_wide_view<D>, wide_view<D>);                        \
  ZER0_CUDA_NAMED(EXTERN, D, softmax_rows_backward)                                               \
  EXTERN template void choose_in_rows(D&, const_wide_view<D>, const_wide_span<D>, index_t,        \
                                      wide_view<D>);                                              \
  EXTERN template void choose_in_columns(D&, const_wide_view<D>, const_wide_span<D>, double,      \
                                         wide_view<D>);                                           \
  EXTERN template void limit_columns(D&, const_wide_view<D>, const_wide_span<D>, double,          \
                                     wide_view<D>);                                               \
  ZER0_CUDA_NAMED(EXTERN, D, gate_chosen)                                                         \
  ZER0_CUDA_NAMED(EXTERN, D, gate_chosen_backward)                                                \
  ZER0_CUDA_NAMED(EXTERN, D, list_chosen)                                                         \
  ZER0_CUDA_NAMED(EXTERN, D, gather_gates)                                                        \
  ZER0_CUDA_NAMED(EXTERN, D, scatter_gates)                                                       \
  ZER0_CUDA_NAMED(EXTERN, D, combine_rows)                                                        \
  ZER0_CUDA_NAMED(EXTERN, D, combine_rows_backward)                                               \
  EXTERN template void balance_loss(D&, const balance_rule&, const balance_loss_operands<D>&);    \
  EXTERN template void balance_loss_gradient(D&, const balance_rule&,                             \
                                             const balance_loss_gradient_operands<D>&);           \
  EXTERN template void z_loss(D&, const_wide_view<D>, const_wide_span<D>, double, wide_span<D>);  \
  EXTERN template void z_loss_gradient(D&, const_wide_view<D>, const_wide_span<D>, double,        \
                                       wide_view<D>);                                             \
  EXTERN template void lean_to_mean(D&, const_wide_span<D>, double, wide_span<D>);                \
  EXTERN template void sum_sequences(D&, id_span, const_wide_span<D>, std::span<double>);         \
  ZER0_CUDA_NAMED(EXTERN, D, scale_sequences)                                                     \
  EXTERN template void choose_tokens(D&, const sampling&, const_view<D>, const sampling_rows&,    \
                                     std::span<std::int32_t>);                                    \
  EXTERN template void adamw_update(D&, const adamw_sizes&, const adamw_operands<D>&);

/// The operations that have operands or results in float beside 16-bit numbers.
#define ZER0_CUDA_WIDE(EXTERN, D)                                                \
  EXTERN template void fill(D&, wide_view<D>, double);                           \
  EXTERN template void copy(D&, const_view<D>, wide_view<D>);                    \
  EXTERN template void copy(D&, const_wide_view<D>, view<D>);                    \
  EXTERN template void add_scaled(D&, double, const_wide_view<D>, wide_view<D>); \
  EXTERN template void add_scaled(D&, double, const_view<D>, wide_view<D>);      \
  EXTERN template void scale(D&, double, wide_view<D>);                          \
  EXTERN template void add_bias(D&, const_wide_span<D>, wide_view<D>);           \
  EXTERN template void add_column_sums(D&, const_wide_view<D>, wide_span<D>);    \
  EXTERN template void matmul(D&, matrix_of<D>, matrix_of<D>, double, wide_view<D>);

#define ZER0_CUDA_ACTIVATION(EXTERN, D, A)                                              \
  EXTERN template void activate_forward(D&, A, const_view<D>, view<D>);                 \
  EXTERN template void activate_backward(D&, A, const_view<D>, const_view<D>, view<D>); \
  EXTERN template void gate_forward(D&, A, const gate_forward_operands<D>&);            \
  EXTERN template void gate_backward(D&, A, const gate_backward_operands<D>&);

#define ZER0_CUDA_WIDE_ACTIVATION(EXTERN, D, A)                                         \
  EXTERN template void activate_forward(D&, A, const_wide_view<D>, wide_view<D>);       \
  EXTERN template void activate_backward(D&, A, const_wide_view<D>, const_wide_view<D>, \
                                         wide_view<D>);

/// f(EXTERN, D, A) for each activation of device/activation.hpp.
#define ZER0_CUDA_EACH_ACTIVATION(f, EXTERN, D)                                       \
  f(EXTERN, D, sigmoid) f(EXTERN, D, silu) f(EXTERN, D, gelu) f(EXTERN, D, gelu_tanh) \
      f(EXTERN, D, relu_squared)

#define ZER0_CUDA_OPERATIONS_OF_FLOAT(EXTERN) \
  ZER0_CUDA_COMMON(EXTERN, cuda)              \
  ZER0_CUDA_EACH_ACTIVATION(ZER0_CUDA_ACTIVATION, EXTERN, cuda)

#define ZER0_CUDA_OPERATIONS_OF_16_BITS(EXTERN, D)           \
  ZER0_CUDA_COMMON(EXTERN, D)                                \
  ZER0_CUDA_WIDE(EXTERN, D)                                  \
  ZER0_CUDA_EACH_ACTIVATION(ZER0_CUDA_ACTIVATION, EXTERN, D) \
  ZER0_CUDA_EACH_ACTIVATION(ZER0_CUDA_WIDE_ACTIVATION, EXTERN, D)

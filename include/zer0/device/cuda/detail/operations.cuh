// Every operation of the cuda device by its signature, once. ZER0_CUDA_OPERATIONS_OF_FLOAT(EXTERN) and
// ZER0_CUDA_OPERATIONS_OF_16_BITS(EXTERN, R), in namespace zer0 and below the headers that define them, are instances
// of all of them: `EXTERN` is `extern` where they are declared, nothing where they are compiled.
//
// With ZER0_CUDA_COMPILED, as for all who link the CMake target zer0::cuda_compiled, they are compiled once, into that
// library, and a file that uses the device compiles no kernel, except for those that a type of its own is part of: an
// activation, a preference policy. Without the macro, the default, each file compiles what it uses. An operation that
// is missing here works too, compiled again by each file; tests/cuda_on_cpu looks for such.
#pragma once

/// Those that every device has.
#define ZER0_CUDA_COMMON(EXTERN, R)                                                                                    \
  EXTERN template void fill(basic_cuda<R>&, view<basic_cuda<R>>, double);                                              \
  EXTERN template void copy(basic_cuda<R>&, const_view<basic_cuda<R>>, view<basic_cuda<R>>);                           \
  EXTERN template void scale(basic_cuda<R>&, double, view<basic_cuda<R>>);                                             \
  EXTERN template void add(basic_cuda<R>&, const_view<basic_cuda<R>>, view<basic_cuda<R>>);                            \
  EXTERN template void gather_rows(basic_cuda<R>&, const_view<basic_cuda<R>>, id_span, view<basic_cuda<R>>);           \
  EXTERN template void scatter_rows(basic_cuda<R>&, const_view<basic_cuda<R>>, id_span, view<basic_cuda<R>>);          \
  EXTERN template void add_sum(basic_cuda<R>&, const_wide_span<basic_cuda<R>>, double*);                               \
  EXTERN template void add_squares(basic_cuda<R>&, const_wide_span<basic_cuda<R>>, double*);                           \
  EXTERN template void apply_dropout(basic_cuda<R>&, double, random_stream, const_view<basic_cuda<R>>,                 \
                                     view<basic_cuda<R>>);                                                             \
  EXTERN template void add_dropout(basic_cuda<R>&, double, random_stream, const_view<basic_cuda<R>>,                   \
                                   view<basic_cuda<R>>);                                                               \
  EXTERN template void random_normal(basic_cuda<R>&, random_stream, double, double, view<basic_cuda<R>>);              \
  EXTERN template void random_uniform(basic_cuda<R>&, random_stream, double, double, view<basic_cuda<R>>);             \
  EXTERN template void matmul(basic_cuda<R>&, transpose, const_view<basic_cuda<R>>, transpose,                         \
                              const_view<basic_cuda<R>>, double, view<basic_cuda<R>>);                                 \
  EXTERN template void grouped_matmul(basic_cuda<R>&, id_span, const_view<basic_cuda<R>>, transpose,                   \
                                      const_view<basic_cuda<R>>, view<basic_cuda<R>>);                                 \
  EXTERN template void grouped_weight_gradient(basic_cuda<R>&, id_span, const_view<basic_cuda<R>>,                     \
                                               const_view<basic_cuda<R>>, wide_view<basic_cuda<R>>);                   \
  EXTERN template void embedding_forward(basic_cuda<R>&, const_view<basic_cuda<R>>, id_span, view<basic_cuda<R>>);     \
  EXTERN template void embedding_backward(basic_cuda<R>&, id_span, const_view<basic_cuda<R>>,                          \
                                          wide_view<basic_cuda<R>>);                                                   \
  EXTERN template void rms_norm_forward(basic_cuda<R>&, const_view<basic_cuda<R>>, std::span<const R>, double,         \
                                        view<basic_cuda<R>>, wide_span<basic_cuda<R>>);                                \
  EXTERN template void add_rms_norm_forward(basic_cuda<R>&, double, random_stream, const_view<basic_cuda<R>>,          \
                                            view<basic_cuda<R>>, std::span<const R>, double, view<basic_cuda<R>>,      \
                                            wide_span<basic_cuda<R>>);                                                 \
  EXTERN template void rms_norm_backward(basic_cuda<R>&, const_view<basic_cuda<R>>, std::span<const R>,                \
                                         const_wide_span<basic_cuda<R>>, const_view<basic_cuda<R>>, double,            \
                                         view<basic_cuda<R>>, wide_span<basic_cuda<R>>);                               \
  EXTERN template void layer_norm_forward(basic_cuda<R>&, const_view<basic_cuda<R>>, std::span<const R>,               \
                                          std::span<const R>, double, view<basic_cuda<R>>, wide_span<basic_cuda<R>>,   \
                                          wide_span<basic_cuda<R>>);                                                   \
  EXTERN template void layer_norm_backward(basic_cuda<R>&, const_view<basic_cuda<R>>, std::span<const R>,              \
                                           const_wide_span<basic_cuda<R>>, const_wide_span<basic_cuda<R>>,             \
                                           const_view<basic_cuda<R>>, double, view<basic_cuda<R>>,                     \
                                           wide_span<basic_cuda<R>>, wide_span<basic_cuda<R>>);                        \
  EXTERN template void add_bias(basic_cuda<R>&, std::span<const R>, view<basic_cuda<R>>);                              \
  EXTERN template void add_column_sums(basic_cuda<R>&, const_view<basic_cuda<R>>, wide_span<basic_cuda<R>>);           \
  EXTERN template void rotate(basic_cuda<R>&, rope_pairing, rope_direction, index_t, id_span,                          \
                              const_wide_span<basic_cuda<R>>, double, view<basic_cuda<R>>);                            \
  EXTERN template void standard_attention_forward(basic_cuda<R>&, const attention_sizes&, const_view<basic_cuda<R>>,   \
                                                  const_view<basic_cuda<R>>, const_view<basic_cuda<R>>, id_span,       \
                                                  view<basic_cuda<R>>, view<basic_cuda<R>>);                           \
  EXTERN template void standard_attention_backward(                                                                    \
      basic_cuda<R>&, const attention_sizes&, const_view<basic_cuda<R>>, const_view<basic_cuda<R>>,                    \
      const_view<basic_cuda<R>>, id_span, const_view<basic_cuda<R>>, const_view<basic_cuda<R>>, view<basic_cuda<R>>,   \
      view<basic_cuda<R>>, view<basic_cuda<R>>, view<basic_cuda<R>>);                                                  \
  EXTERN template void flash_attention_forward(basic_cuda<R>&, const attention_sizes&, const_view<basic_cuda<R>>,      \
                                               const_view<basic_cuda<R>>, const_view<basic_cuda<R>>, id_span,          \
                                               view<basic_cuda<R>>, wide_span<basic_cuda<R>>);                         \
  EXTERN template void flash_attention_backward(basic_cuda<R>&, const attention_sizes&, const_view<basic_cuda<R>>,     \
                                                const_view<basic_cuda<R>>, const_view<basic_cuda<R>>, id_span,         \
                                                const_view<basic_cuda<R>>, const_wide_span<basic_cuda<R>>,             \
                                                const_view<basic_cuda<R>>, wide_span<basic_cuda<R>>,                   \
                                                view<basic_cuda<R>>, view<basic_cuda<R>>, view<basic_cuda<R>>);        \
  EXTERN template void cached_attention(basic_cuda<R>&, const attention_sizes&, const_view<basic_cuda<R>>,             \
                                        kv_view<const R>, id_span, id_span, view<basic_cuda<R>>);                      \
  EXTERN template void cross_entropy_loss(basic_cuda<R>&, const_view<basic_cuda<R>>, id_span,                          \
                                          const_wide_span<basic_cuda<R>>, wide_span<basic_cuda<R>>);                   \
  EXTERN template void cross_entropy_gradient(basic_cuda<R>&, view<basic_cuda<R>>, id_span,                            \
                                              const_wide_span<basic_cuda<R>>, wide_span<basic_cuda<R>>);               \
  EXTERN template void softmax_rows(basic_cuda<R>&, gpu::route_in<R>, gpu::route_out<R>);                              \
  EXTERN template void softmax_rows_backward(basic_cuda<R>&, gpu::route_in<R>, gpu::route_in<R>, gpu::route_out<R>);   \
  EXTERN template void choose_in_rows(basic_cuda<R>&, gpu::route_in<R>, gpu::live_rows<R>, index_t,                    \
                                      gpu::route_out<R>);                                                              \
  EXTERN template void choose_in_columns(basic_cuda<R>&, gpu::route_in<R>, gpu::live_rows<R>, double,                  \
                                         gpu::route_out<R>);                                                           \
  EXTERN template void limit_columns(basic_cuda<R>&, gpu::route_in<R>, gpu::live_rows<R>, double, gpu::route_out<R>);  \
  EXTERN template void gate_chosen(basic_cuda<R>&, gpu::route_in<R>, gpu::route_in<R>, bool, double,                   \
                                   gpu::route_out<R>);                                                                 \
  EXTERN template void gate_chosen_backward(basic_cuda<R>&, gpu::route_in<R>, gpu::route_in<R>, bool, double,          \
                                            gpu::route_in<R>, gpu::route_out<R>);                                      \
  EXTERN template void lean_to_mean(basic_cuda<R>&, gpu::live_rows<R>, double, wide_span<basic_cuda<R>>);              \
  EXTERN template void list_chosen(basic_cuda<R>&, gpu::route_in<R>, std::span<std::int32_t>, std::span<std::int32_t>, \
                                   std::span<std::int32_t>, std::span<std::int32_t>);                                  \
  EXTERN template void gather_gates(basic_cuda<R>&, gpu::route_in<R>, id_span, id_span, wide_span<basic_cuda<R>>);     \
  EXTERN template void scatter_gates(basic_cuda<R>&, gpu::live_rows<R>, id_span, id_span, gpu::route_out<R>);          \
  EXTERN template void combine_rows(basic_cuda<R>&, id_span, id_span, gpu::live_rows<R>, const_view<basic_cuda<R>>,    \
                                    double, view<basic_cuda<R>>);                                                      \
  EXTERN template void combine_rows_backward(basic_cuda<R>&, id_span, id_span, gpu::live_rows<R>,                      \
                                             const_view<basic_cuda<R>>, const_view<basic_cuda<R>>,                     \
                                             view<basic_cuda<R>>, wide_span<basic_cuda<R>>);                           \
  EXTERN template void balance_loss(basic_cuda<R>&, const balance_rule&, id_span, gpu::live_rows<R>, gpu::route_in<R>, \
                                    gpu::route_in<R>, gpu::route_out<R>, wide_span<basic_cuda<R>>);                    \
  EXTERN template void balance_loss_gradient(basic_cuda<R>&, const balance_rule&, id_span, gpu::live_rows<R>,          \
                                             gpu::route_in<R>, gpu::route_out<R>);                                     \
  EXTERN template void z_loss(basic_cuda<R>&, gpu::route_in<R>, gpu::live_rows<R>, double, wide_span<basic_cuda<R>>);  \
  EXTERN template void z_loss_gradient(basic_cuda<R>&, gpu::route_in<R>, gpu::live_rows<R>, double,                    \
                                       gpu::route_out<R>);                                                             \
  EXTERN template void sum_sequences(basic_cuda<R>&, id_span, std::span<const float>, std::span<double>);              \
  EXTERN template void scale_sequences(basic_cuda<R>&, id_span, std::span<const double>, std::span<const float>,       \
                                       std::span<float>);                                                              \
  EXTERN template void choose_tokens(basic_cuda<R>&, const sampling&, const_view<basic_cuda<R>>, const sampling_rows&, \
                                     std::span<std::int32_t>);                                                         \
  EXTERN template void adamw_update(basic_cuda<R>&, const adamw_sizes&, wide_span<basic_cuda<R>>,                      \
                                    const_wide_span<basic_cuda<R>>, wide_span<basic_cuda<R>>,                          \
                                    wide_span<basic_cuda<R>>);

/// Those whose operands or results are float beside 16-bit numbers.
#define ZER0_CUDA_WIDE(EXTERN, R)                                                                                 \
  EXTERN template void fill(basic_cuda<R>&, wide_view<basic_cuda<R>>, double);                                    \
  EXTERN template void copy(basic_cuda<R>&, const_view<basic_cuda<R>>, wide_view<basic_cuda<R>>);                 \
  EXTERN template void copy(basic_cuda<R>&, tensor_view<const wide<R>>, view<basic_cuda<R>>);                     \
  EXTERN template void scale(basic_cuda<R>&, double, wide_view<basic_cuda<R>>);                                   \
  EXTERN template void matmul(basic_cuda<R>&, transpose, const_view<basic_cuda<R>>, transpose,                    \
                              const_view<basic_cuda<R>>, double, wide_view<basic_cuda<R>>);                       \
  EXTERN template void add_bias(basic_cuda<R>&, const_wide_span<basic_cuda<R>>, wide_view<basic_cuda<R>>);        \
  EXTERN template void add_column_sums(basic_cuda<R>&, const_wide_view<basic_cuda<R>>, wide_span<basic_cuda<R>>); \
  EXTERN template void adamw_update(basic_cuda<R>&, const adamw_sizes&, std::span<R>, wide_span<basic_cuda<R>>,   \
                                    const_wide_span<basic_cuda<R>>, wide_span<basic_cuda<R>>,                     \
                                    wide_span<basic_cuda<R>>);

#define ZER0_CUDA_ACTIVATION(EXTERN, R, A)                                                                        \
  EXTERN template void activate_forward(basic_cuda<R>&, A, const_view<basic_cuda<R>>, view<basic_cuda<R>>);       \
  EXTERN template void activate_backward(basic_cuda<R>&, A, const_view<basic_cuda<R>>, const_view<basic_cuda<R>>, \
                                         view<basic_cuda<R>>);                                                    \
  EXTERN template void gate_forward(basic_cuda<R>&, A, const_view<basic_cuda<R>>, const_view<basic_cuda<R>>,      \
                                    view<basic_cuda<R>>);                                                         \
  EXTERN template void gate_backward(basic_cuda<R>&, A, const_view<basic_cuda<R>>, const_view<basic_cuda<R>>,     \
                                     const_view<basic_cuda<R>>, view<basic_cuda<R>>, view<basic_cuda<R>>);

#define ZER0_CUDA_WIDE_ACTIVATION(EXTERN, R, A)                                                                       \
  EXTERN template void activate_forward(basic_cuda<R>&, A, const_wide_view<basic_cuda<R>>, wide_view<basic_cuda<R>>); \
  EXTERN template void activate_backward(basic_cuda<R>&, A, const_wide_view<basic_cuda<R>>,                           \
                                         const_wide_view<basic_cuda<R>>, wide_view<basic_cuda<R>>);

/// f(EXTERN, R, A) for each activation of device/activation.hpp.
#define ZER0_CUDA_EACH_ACTIVATION(f, EXTERN, R) \
  f(EXTERN, R, sigmoid) f(EXTERN, R, silu) f(EXTERN, R, gelu) f(EXTERN, R, gelu_tanh) f(EXTERN, R, relu_squared)

#define ZER0_CUDA_OPERATIONS_OF_FLOAT(EXTERN) \
  ZER0_CUDA_COMMON(EXTERN, float)             \
  ZER0_CUDA_EACH_ACTIVATION(ZER0_CUDA_ACTIVATION, EXTERN, float)

#define ZER0_CUDA_OPERATIONS_OF_16_BITS(EXTERN, R)           \
  ZER0_CUDA_COMMON(EXTERN, R)                                \
  ZER0_CUDA_WIDE(EXTERN, R)                                  \
  ZER0_CUDA_EACH_ACTIVATION(ZER0_CUDA_ACTIVATION, EXTERN, R) \
  ZER0_CUDA_EACH_ACTIVATION(ZER0_CUDA_WIDE_ACTIVATION, EXTERN, R)

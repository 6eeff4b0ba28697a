// A device that computes nothing: for checks at compile time, in a second instead of six.
#pragma once

#include <zer0/device/device.hpp>
#include <zer0/device/routing.hpp>

namespace zer0 {

/// Has every operation of the device concept, and each does nothing: `static_assert(check_layer<my_norm, archetype>())`
/// tells whether a layer fits the contract without compiling a device's kernels. Nothing can be run on it: there is no
/// memory. Not derived from another device, so a layer that names one does not fit.
struct archetype {
  using real = float;

  void* allocate(std::size_t) { return nullptr; }
  void deallocate(void*, std::size_t) {}
  void upload(void*, const void*, std::size_t) {}
  void download(void*, const void*, std::size_t) {}
  void synchronize() {}
};

// clang-format off
namespace detail {
using archetype_in = tensor_view<const float>;
using archetype_out = tensor_view<float>;
using archetype_numbers = std::span<const float>;
using archetype_results = std::span<float>;
}  // namespace detail

inline void fill(archetype&, detail::archetype_out, double) {}
inline void copy(archetype&, detail::archetype_in, detail::archetype_out) {}
inline void add(archetype&, detail::archetype_in, detail::archetype_out) {}
inline void scale(archetype&, double, detail::archetype_out) {}
inline void gather_rows(archetype&, detail::archetype_in, id_span, detail::archetype_out) {}
inline void scatter_rows(archetype&, detail::archetype_in, id_span, detail::archetype_out) {}
inline void apply_dropout(archetype&, double, random_stream, detail::archetype_in, detail::archetype_out) {}
inline void add_dropout(archetype&, double, random_stream, detail::archetype_in, detail::archetype_out) {}
inline void random_normal(archetype&, random_stream, double, double, detail::archetype_out) {}
inline void random_uniform(archetype&, random_stream, double, double, detail::archetype_out) {}
inline void add_sum(archetype&, detail::archetype_numbers, double*) {}
inline void add_squares(archetype&, detail::archetype_numbers, double*) {}

inline void matmul(archetype&, transpose, detail::archetype_in, transpose, detail::archetype_in, double, detail::archetype_out) {}

inline void grouped_matmul(archetype&, id_span, detail::archetype_in, transpose, detail::archetype_in, detail::archetype_out) {}
inline void grouped_weight_gradient(archetype&, id_span, detail::archetype_in, detail::archetype_in, detail::archetype_out) {}

inline void embedding_forward(archetype&, detail::archetype_in, id_span, detail::archetype_out) {}
inline void embedding_backward(archetype&, id_span, detail::archetype_in, detail::archetype_out) {}

inline void rms_norm_forward(archetype&, detail::archetype_in, detail::archetype_numbers, double, detail::archetype_out, detail::archetype_results) {}
inline void add_rms_norm_forward(archetype&, double, random_stream, detail::archetype_in, detail::archetype_out, detail::archetype_numbers, double, detail::archetype_out, detail::archetype_results) {}
inline void rms_norm_backward(archetype&, detail::archetype_in, detail::archetype_numbers, detail::archetype_numbers, detail::archetype_in, double, detail::archetype_out, detail::archetype_results) {}

inline void layer_norm_forward(archetype&, detail::archetype_in, detail::archetype_numbers, detail::archetype_numbers, double, detail::archetype_out, detail::archetype_results, detail::archetype_results) {}
inline void layer_norm_backward(archetype&, detail::archetype_in, detail::archetype_numbers, detail::archetype_numbers, detail::archetype_numbers, detail::archetype_in, double, detail::archetype_out, detail::archetype_results, detail::archetype_results) {}
inline void add_bias(archetype&, detail::archetype_numbers, detail::archetype_out) {}
inline void add_column_sums(archetype&, detail::archetype_in, detail::archetype_results) {}

inline void rotate(archetype&, rope_pairing, rope_direction, index_t, id_span, detail::archetype_numbers, double, detail::archetype_out) {}

template <activation A>
void activate_forward(archetype&, A, detail::archetype_in, detail::archetype_out) {}
template <activation A>
void activate_backward(archetype&, A, detail::archetype_in, detail::archetype_in, detail::archetype_out) {}
template <activation A>
void gate_forward(archetype&, A, detail::archetype_in, detail::archetype_in, detail::archetype_out) {}
template <activation A>
void gate_backward(archetype&, A, detail::archetype_in, detail::archetype_in, detail::archetype_in, detail::archetype_out, detail::archetype_out) {}

inline void standard_attention_forward(archetype&, const attention_sizes&, detail::archetype_in, detail::archetype_in, detail::archetype_in, id_span, detail::archetype_out, detail::archetype_out) {}
inline void standard_attention_backward(archetype&, const attention_sizes&, detail::archetype_in, detail::archetype_in, detail::archetype_in, id_span, detail::archetype_in, detail::archetype_in, detail::archetype_out, detail::archetype_out, detail::archetype_out, detail::archetype_out) {}
inline void flash_attention_forward(archetype&, const attention_sizes&, detail::archetype_in, detail::archetype_in, detail::archetype_in, id_span, detail::archetype_out, detail::archetype_results) {}
inline void flash_attention_backward(archetype&, const attention_sizes&, detail::archetype_in, detail::archetype_in, detail::archetype_in, id_span, detail::archetype_in, detail::archetype_numbers, detail::archetype_in, detail::archetype_results, detail::archetype_out, detail::archetype_out, detail::archetype_out) {}
inline void cached_attention(archetype&, const attention_sizes&, detail::archetype_in, kv_view<const float>, id_span, id_span, detail::archetype_out) {}

inline void softmax_rows(archetype&, detail::archetype_in, detail::archetype_out) {}
inline void softmax_rows_backward(archetype&, detail::archetype_in, detail::archetype_in, detail::archetype_out) {}
inline void choose_in_rows(archetype&, detail::archetype_in, detail::archetype_numbers, index_t, detail::archetype_out) {}
inline void choose_in_columns(archetype&, detail::archetype_in, detail::archetype_numbers, double, detail::archetype_out) {}
inline void limit_columns(archetype&, detail::archetype_in, detail::archetype_numbers, double, detail::archetype_out) {}
inline void gate_chosen(archetype&, detail::archetype_in, detail::archetype_in, bool, double, detail::archetype_out) {}
inline void gate_chosen_backward(archetype&, detail::archetype_in, detail::archetype_in, bool, double, detail::archetype_in, detail::archetype_out) {}
inline void balance_loss(archetype&, const balance_rule&, id_span, detail::archetype_numbers, detail::archetype_in, detail::archetype_in, detail::archetype_out, detail::archetype_results) {}
inline void balance_loss_gradient(archetype&, const balance_rule&, id_span, detail::archetype_numbers, detail::archetype_in, detail::archetype_out) {}
inline void z_loss(archetype&, detail::archetype_in, detail::archetype_numbers, double, detail::archetype_results) {}
inline void z_loss_gradient(archetype&, detail::archetype_in, detail::archetype_numbers, double, detail::archetype_out) {}
inline void lean_to_mean(archetype&, detail::archetype_numbers, double, detail::archetype_results) {}
inline void list_chosen(archetype&, detail::archetype_in, std::span<std::int32_t>, std::span<std::int32_t>, std::span<std::int32_t>, std::span<std::int32_t>) {}
inline void gather_gates(archetype&, detail::archetype_in, id_span, id_span, detail::archetype_results) {}
inline void scatter_gates(archetype&, detail::archetype_numbers, id_span, id_span, detail::archetype_out) {}
inline void combine_rows(archetype&, id_span, id_span, detail::archetype_numbers, detail::archetype_in, double, detail::archetype_out) {}
inline void combine_rows_backward(archetype&, id_span, id_span, detail::archetype_numbers, detail::archetype_in, detail::archetype_in, detail::archetype_out, detail::archetype_results) {}

inline void sum_sequences(archetype&, id_span, detail::archetype_numbers, std::span<double>) {}
inline void scale_sequences(archetype&, id_span, std::span<const double>, detail::archetype_numbers, detail::archetype_results) {}
template <class Policy>
void judge_pairs(archetype&, const Policy&, const pair_sums&, double*, std::span<double>) {}

inline void cross_entropy_loss(archetype&, detail::archetype_in, id_span, detail::archetype_numbers, detail::archetype_results) {}
inline void cross_entropy_gradient(archetype&, detail::archetype_out, id_span, detail::archetype_numbers, detail::archetype_results) {}

inline void choose_tokens(archetype&, const sampling&, detail::archetype_in, const sampling_rows&, std::span<std::int32_t>) {}

inline void adamw_update(archetype&, const adamw_sizes&, detail::archetype_results, detail::archetype_numbers, detail::archetype_results, detail::archetype_results) {}
// clang-format on

static_assert(device<archetype>);

}  // namespace zer0

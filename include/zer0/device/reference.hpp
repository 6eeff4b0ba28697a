// The reference device: every operation as naive loops in double, obviously right.
//
// Other devices are compared with it. Meaning of the operations: device/device.hpp. Bodies:
// detail/reference.
#pragma once

#include <zer0/core/detail/compiled.hpp>
#include <zer0/device/detail/host/experts.hpp>
#include <zer0/device/detail/host/instances.hpp>
#include <zer0/device/detail/host/losses.hpp>
#include <zer0/device/detail/host/routing.hpp>
#include <zer0/device/detail/host/rows.hpp>
#include <zer0/device/detail/host/sampling.hpp>
#include <zer0/device/device.hpp>

#include <concepts>
#include <cstdint>
#include <span>

namespace zer0 {

/// Computes in double, in one thread. A device may be derived from it and replace operations one by
/// one.
struct reference : host_memory {
  using real = double;
};

namespace detail {

/// Calls f(y(i,j), i, j) for each element.
template <class F>
void for_each(tensor_view<double> y, F f) {
  for (index_t i = 0; i < y.rows; ++i)
    for (index_t j = 0; j < y.cols; ++j) f(y(i, j), i, j);
}

}  // namespace detail

// Elements.
void fill(reference&, view<reference> y, double value);
void copy(reference&, const_view<reference> x, view<reference> y);
void add(reference&, const_view<reference> x, view<reference> y);
void add_scaled(reference&, double factor, const_view<reference> x, view<reference> y);
void scale(reference&, double factor, view<reference> y);
void add_bias(reference&, const_real_span<reference> bias, view<reference> y);
void add_column_sums(reference&, const_view<reference> x, wide_span<reference> sums);
void add_sum(reference&, const_wide_span<reference> x, double* total);
void add_squares(reference&, const_wide_span<reference> x, double* total);
void gather_rows(reference&, const_view<reference> x, id_span rows, view<reference> y);
void scatter_rows(reference&, const_view<reference> x, id_span rows, view<reference> y);
void apply_dropout(reference&, double p, random_stream stream, const_view<reference> x,
                   view<reference> y);
void add_dropout(reference&, double p, random_stream stream, const_view<reference> x,
                 view<reference> y);
void random_normal(reference&, random_stream stream, double mean, double deviation,
                   view<reference> y);
void random_uniform(reference&, random_stream stream, double low, double high, view<reference> y);

// Products. Grouped products call matmul of D, which a derived device may replace. `starts` is
// memory of the host here.
void matmul(reference&, matrix_of<reference> a, matrix_of<reference> b, double beta,
            view<reference> c);

template <std::derived_from<reference> D>
void grouped_matmul(D& d, id_span starts, const_view<D> x, matrix_of<D> b, view<D> y) {
  const index_t rows_of_b = b.is_transposed ? y.cols : x.cols;
  for (std::size_t e = 0; e + 1 < starts.size(); ++e) {
    const index_t first = starts[e], count = starts[e + 1] - first;
    const auto weight = b.view.row_block(static_cast<index_t>(e) * rows_of_b, rows_of_b);
    matmul(d, x.row_block(first, count), matrix_of<D>(weight, b.is_transposed), 0,
           y.row_block(first, count));
  }
}

template <std::derived_from<reference> D>
void grouped_weight_gradient(D& d, const grouped_weight_gradient_operands<D>& of) {
  for (std::size_t e = 0; e + 1 < of.starts.size(); ++e) {
    const index_t first = of.starts[e], count = of.starts[e + 1] - first;
    matmul(d, transposed(of.dy.row_block(first, count)), of.x.row_block(first, count), 1,
           of.dw.row_block(static_cast<index_t>(e) * of.dy.cols, of.dy.cols));
  }
}

// Embedding.
void embedding_forward(reference&, const_view<reference> table, id_span ids, view<reference> y);
void embedding_backward(reference&, id_span ids, const_view<reference> dy,
                        wide_view<reference> dtable);

// Norms.
void rms_norm_forward(reference&, const rms_norm_forward_operands<reference>& of);
void rms_norm_backward(reference&, const rms_norm_backward_operands<reference>& of);
void add_rms_norm_forward(reference& d, const add_rms_norm_forward_operands<reference>& of);
void layer_norm_forward(reference&, const layer_norm_forward_operands<reference>& of);
void layer_norm_backward(reference&, const layer_norm_backward_operands<reference>& of);

// Positions.
void rotate(reference&, const rotate_operands<reference>& of);

// Activations.
template <activation A>
void activate_forward(reference&, A, const_view<reference> x, view<reference> y) {
  detail::for_each(y, [&](double& e, index_t i, index_t j) { e = A::value(x(i, j)); });
}

template <activation A>
void activate_backward(reference&, A, const_view<reference> x, const_view<reference> dy,
                       view<reference> dx) {
  detail::for_each(dx, [&](double& e, index_t i, index_t j) { e = dy(i, j) * A::slope(x(i, j)); });
}

template <activation A>
void gate_forward(reference&, A, const gate_forward_operands<reference>& of) {
  detail::for_each(
      of.y, [&](double& e, index_t i, index_t j) { e = A::value(of.gate(i, j)) * of.up(i, j); });
}

template <activation A>
void gate_backward(reference&, A, const gate_backward_operands<reference>& of) {
  for (index_t i = 0; i < of.dy.rows; ++i)
    for (index_t j = 0; j < of.dy.cols; ++j) {
      const double to_gate = of.dy(i, j) * of.up(i, j) * A::slope(of.gate(i, j));
      of.dup(i, j) = of.dy(i, j) * A::value(of.gate(i, j));
      of.dgate(i, j) = to_gate;
    }
}

// Attention: three nested loops, whichever kernel is asked for.
void standard_attention_forward(reference& d, const attention_sizes& a,
                                const standard_attention_forward_operands<reference>& of);
void standard_attention_backward(reference& d, const attention_sizes& a,
                                 const standard_attention_backward_operands<reference>& of);
void flash_attention_forward(reference&, const attention_sizes& a,
                             const flash_attention_forward_operands<reference>& of);
void flash_attention_backward(reference& d, const attention_sizes& a,
                              const flash_attention_backward_operands<reference>& of);
void cached_attention(reference&, const attention_sizes& a,
                      const cached_attention_operands<reference>& of);

// Losses.
void cross_entropy_loss(reference&, const cross_entropy_loss_operands<reference>& of);
void cross_entropy_gradient(reference& d, const cross_entropy_gradient_operands<reference>& of);

// Preferences.
void sum_sequences(reference&, id_span starts, const_wide_span<reference> x,
                   std::span<double> sums);
void scale_sequences(reference&, const scale_sequences_operands<reference>& of);

// The optimizer.
void adamw_update(reference&, const adamw_sizes& s, const adamw_operands<reference>& of);

static_assert(device<reference>);

#ifdef ZER0_COMPILED
ZER0_INSTANCES_OF_HOST(extern, reference)
#endif

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/device/detail/reference/attention.ipp>
#include <zer0/device/detail/reference/elements.ipp>
#include <zer0/device/detail/reference/norms.ipp>
#endif

// The cpu device and all of its operations: float32 on all cores of the host.
//
// Meaning of the operations: device/device.hpp. Bodies and kernels: detail/cpu. What it shares with
// other devices of the host (routing, losses of routers and of pairs, sampling): detail/host.
#pragma once

#include <zer0/core/detail/compiled.hpp>
#include <zer0/device/detail/cpu/activation.hpp>
#include <zer0/device/detail/cpu/device.hpp>
#include <zer0/device/detail/host/experts.hpp>
#include <zer0/device/detail/host/instances.hpp>
#include <zer0/device/detail/host/losses.hpp>
#include <zer0/device/detail/host/routing.hpp>
#include <zer0/device/detail/host/sampling.hpp>
#include <zer0/device/device.hpp>

#include <span>

namespace zer0 {

// Elements.
void fill(cpu&, view<cpu> y, double value);
void copy(cpu&, const_view<cpu> x, view<cpu> y);
void add(cpu&, const_view<cpu> x, view<cpu> y);
void add_scaled(cpu&, double factor, const_view<cpu> x, view<cpu> y);
void scale(cpu&, double factor, view<cpu> y);
void add_bias(cpu&, const_real_span<cpu> bias, view<cpu> y);
void add_column_sums(cpu&, const_view<cpu> x, wide_span<cpu> sums);
void add_sum(cpu&, const_wide_span<cpu> x, double* total);
void add_squares(cpu&, const_wide_span<cpu> x, double* total);
void gather_rows(cpu&, const_view<cpu> x, id_span rows, view<cpu> y);
void scatter_rows(cpu&, const_view<cpu> x, id_span rows, view<cpu> y);
void apply_dropout(cpu&, double p, random_stream stream, const_view<cpu> x, view<cpu> y);
void add_dropout(cpu&, double p, random_stream stream, const_view<cpu> x, view<cpu> y);
void random_normal(cpu&, random_stream stream, double mean, double deviation, view<cpu> y);
void random_uniform(cpu&, random_stream stream, double low, double high, view<cpu> y);

// Products.
void matmul(cpu& d, matrix_of<cpu> a, matrix_of<cpu> b, double beta, view<cpu> c);
void grouped_matmul(cpu& d, id_span starts, const_view<cpu> x, matrix_of<cpu> b, view<cpu> y);
void grouped_weight_gradient(cpu&, const grouped_weight_gradient_operands<cpu>& of);

// Embedding.
void embedding_forward(cpu& d, const_view<cpu> table, id_span ids, view<cpu> y);
void embedding_backward(cpu&, id_span ids, const_view<cpu> dy, wide_view<cpu> dtable);

// Norms.
void rms_norm_forward(cpu&, const rms_norm_forward_operands<cpu>& of);
void rms_norm_backward(cpu&, const rms_norm_backward_operands<cpu>& of);
void add_rms_norm_forward(cpu&, const add_rms_norm_forward_operands<cpu>& of);
void layer_norm_forward(cpu&, const layer_norm_forward_operands<cpu>& of);
void layer_norm_backward(cpu& d, const layer_norm_backward_operands<cpu>& of);

// Positions.
void rotate(cpu&, const rotate_operands<cpu>& of);

// Activations are in detail/cpu/activation.hpp.

// Attention.
void standard_attention_forward(cpu& d, const attention_sizes& a,
                                const standard_attention_forward_operands<cpu>& of);
void standard_attention_backward(cpu& d, const attention_sizes& a,
                                 const standard_attention_backward_operands<cpu>& of);
void flash_attention_forward(cpu&, const attention_sizes& a,
                             const flash_attention_forward_operands<cpu>& of);
void flash_attention_backward(cpu& d, const attention_sizes& a,
                              const flash_attention_backward_operands<cpu>& of);
void cached_attention(cpu&, const attention_sizes& a, const cached_attention_operands<cpu>& of);

// Losses.
void cross_entropy_loss(cpu&, const cross_entropy_loss_operands<cpu>& of);
void cross_entropy_gradient(cpu&, const cross_entropy_gradient_operands<cpu>& of);

// Preferences.
void sum_sequences(cpu&, id_span starts, const_wide_span<cpu> x, std::span<double> sums);
void scale_sequences(cpu&, const scale_sequences_operands<cpu>& of);

// The optimizer.
void adamw_update(cpu&, const adamw_sizes& s, const adamw_operands<cpu>& of);

static_assert(device<cpu>);

#ifdef ZER0_COMPILED
ZER0_INSTANCES_OF_HOST(extern, cpu)
#endif

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/device/detail/cpu/adamw.ipp>
#include <zer0/device/detail/cpu/cached_attention.ipp>
#include <zer0/device/detail/cpu/elements.ipp>
#include <zer0/device/detail/cpu/flash_attention.ipp>
#include <zer0/device/detail/cpu/losses.ipp>
#include <zer0/device/detail/cpu/matmul.ipp>
#include <zer0/device/detail/cpu/norms.ipp>
#include <zer0/device/detail/cpu/rope.ipp>
#include <zer0/device/detail/cpu/standard_attention.ipp>
#endif

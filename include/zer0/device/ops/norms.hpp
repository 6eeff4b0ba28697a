// Norms: RMSNorm (Zhang & Sennrich 2019, arXiv:1910.07467) and LayerNorm (Ba et al. 2016,
// arXiv:1607.06450).
//
// Letters: N rows, D their width, C the width of a head. Statistics are in wide<real>. The `beta`
// of a gradient is 0 (dx is written and not read) or 1 (dx is added to). Rules common to all
// groups: device/device.hpp.
#pragma once

#include <zer0/core/philox.hpp>
#include <zer0/device/ops/operands.hpp>

namespace zer0 {

template <class D>
struct rms_norm_forward_operands {
  required<const_view<D>> x;            ///< (N, D)
  required<const_real_span<D>> weight;  ///< (D), or (C) for a norm of each head
  required<double> eps;
  required<view<D>> y;          ///< (N, D)
  required<wide_span<D>> rstd;  ///< (N), or (N*D/C); written, for backward
};

/// y = x * rstd * weight, rstd = 1/sqrt(mean(x^2) + eps) per row. If the weight has only the C
/// numbers of a head, each of the D/C heads in a row is normed by itself.
template <std::derived_from<computes_nothing> D>
void rms_norm_forward(D& /*d*/, const rms_norm_forward_operands<D>& /*of*/) {}

template <class D>
struct rms_norm_backward_operands {
  required<const_view<D>> x;            ///< (N, D)
  required<const_real_span<D>> weight;  ///< (D), or (C)
  required<const_wide_span<D>> rstd;    ///< (N), or (N*D/C), from forward
  required<const_view<D>> dy;           ///< (N, D)
  required<double> beta;
  required<view<D>> dx;            ///< (N, D), = beta dx + gradient
  required<wide_span<D>> dweight;  ///< as weight, added to
};

/// dx = beta dx + rstd weight dy - x rstd^3 mean(weight dy x); dweight[j] += sum over n of dy x
/// rstd.
template <std::derived_from<computes_nothing> D>
void rms_norm_backward(D& /*d*/, const rms_norm_backward_operands<D>& /*of*/) {}

template <class D>
struct add_rms_norm_forward_operands {
  required<double> p;                   ///< probability of dropout; 0: none
  required<random_stream> stream;       ///< of the dropout mask
  required<const_view<D>> x;            ///< (N, D)
  required<view<D>> y;                  ///< (N, D), = x + dropout(y)
  required<const_real_span<D>> weight;  ///< (D)
  required<double> eps;
  required<view<D>> z;          ///< (N, D), = norm(y)
  required<wide_span<D>> rstd;  ///< (N); written, for rms_norm_backward
};

/// add_dropout(x, y), then z = norm(y), in one pass over memory.
template <std::derived_from<computes_nothing> D>
void add_rms_norm_forward(D& /*d*/, const add_rms_norm_forward_operands<D>& /*of*/) {}

template <class D>
struct layer_norm_forward_operands {
  required<const_view<D>> x;            ///< (N, D)
  required<const_real_span<D>> weight;  ///< (D)
  required<const_real_span<D>> bias;    ///< (D)
  required<double> eps;
  required<view<D>> y;          ///< (N, D)
  required<wide_span<D>> mean;  ///< (N); written, for backward
  required<wide_span<D>> rstd;  ///< (N); written, for backward
};

/// y = (x - mean) * rstd * weight + bias, rstd = 1/sqrt(mean((x - mean)^2) + eps) per row.
template <std::derived_from<computes_nothing> D>
void layer_norm_forward(D& /*d*/, const layer_norm_forward_operands<D>& /*of*/) {}

template <class D>
struct layer_norm_backward_operands {
  required<const_view<D>> x;            ///< (N, D)
  required<const_real_span<D>> weight;  ///< (D)
  required<const_wide_span<D>> mean;    ///< (N), from forward
  required<const_wide_span<D>> rstd;    ///< (N), from forward
  required<const_view<D>> dy;           ///< (N, D)
  required<double> beta;
  required<view<D>> dx;            ///< (N, D), = beta dx + gradient
  required<wide_span<D>> dweight;  ///< (D), added to
  required<wide_span<D>> dbias;    ///< (D), added to
};

/// The gradients of layer_norm_forward; dweight and dbias are added to.
template <std::derived_from<computes_nothing> D>
void layer_norm_backward(D& /*d*/, const layer_norm_backward_operands<D>& /*of*/) {}

template <class D>
concept norm_operations =
    requires(D& d, const_view<D> x, const_real_span<D> weight, const_wide_span<D> kept, view<D> y,
             wide_span<D> written, random_stream stream, double number) {
      rms_norm_forward(d, {.x = x, .weight = weight, .eps = number, .y = y, .rstd = written});
      rms_norm_backward(d, {.x = x,
                            .weight = weight,
                            .rstd = kept,
                            .dy = x,
                            .beta = number,
                            .dx = y,
                            .dweight = written});
      add_rms_norm_forward(d, {.p = number,
                               .stream = stream,
                               .x = x,
                               .y = y,
                               .weight = weight,
                               .eps = number,
                               .z = y,
                               .rstd = written});
      layer_norm_forward(d, {.x = x,
                             .weight = weight,
                             .bias = weight,
                             .eps = number,
                             .y = y,
                             .mean = written,
                             .rstd = written});
      layer_norm_backward(d, {.x = x,
                              .weight = weight,
                              .mean = kept,
                              .rstd = kept,
                              .dy = x,
                              .beta = number,
                              .dx = y,
                              .dweight = written,
                              .dbias = written});
    };

}  // namespace zer0

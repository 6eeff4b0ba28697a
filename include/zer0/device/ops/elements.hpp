// Operations element by element: copies, sums, scaling, biases, gathered and scattered rows, random
// numbers, dropout.
//
// x, y (N, D) unless said otherwise. Rules common to all groups: device/device.hpp.
#pragma once

#include <zer0/core/philox.hpp>
#include <zer0/device/ops/operands.hpp>

namespace zer0 {

/// y = value. For y of real and of wide<real>.
template <std::derived_from<computes_nothing> D>
void fill(D& /*d*/, view<D> /*y*/, double /*value*/) {}

/// y = x, rounded where y is narrower. For (x, y) of (real, real), (real, wide) and (wide, real).
template <std::derived_from<computes_nothing> D>
void copy(D& /*d*/, const_view<D> /*x*/, view<D> /*y*/) {}

/// y += x.
template <std::derived_from<computes_nothing> D>
void add(D& /*d*/, const_view<D> /*x*/, view<D> /*y*/) {}

/// y += factor * x, computed in wide<real>, then rounded where y is of real. For (x, y) of
/// (real, real), (wide, wide) and (real, wide).
template <std::derived_from<computes_nothing> D>
void add_scaled(D& /*d*/, double /*factor*/, const_view<D> /*x*/, view<D> /*y*/) {}

/// y *= factor. For y of real and of wide<real>.
template <std::derived_from<computes_nothing> D>
void scale(D& /*d*/, double /*factor*/, view<D> /*y*/) {}

/// y[n,j] += bias[j]; bias (D). For (bias, y) both of real and both of wide<real>.
template <std::derived_from<computes_nothing> D>
void add_bias(D& /*d*/, const_real_span<D> /*bias*/, view<D> /*y*/) {}

/// sums[j] += sum over n of x[n,j], in a fixed order; sums (D) of wide<real>. For x of real and of
/// wide<real>.
template <std::derived_from<computes_nothing> D>
void add_column_sums(D& /*d*/, const_view<D> /*x*/, wide_span<D> /*sums*/) {}

/// *total += sum of x, in double and in a fixed order; total is memory of the device.
template <std::derived_from<computes_nothing> D>
void add_sum(D& /*d*/, const_wide_span<D> /*x*/, double* /*total*/) {}

/// *total += sum of the squares of x, in double and in a fixed order; total is memory of the
/// device.
template <std::derived_from<computes_nothing> D>
void add_squares(D& /*d*/, const_wide_span<D> /*x*/, double* /*total*/) {}

/// y[i] = x[rows[i]]; rows (N), y (N, D), x of any number of rows.
template <std::derived_from<computes_nothing> D>
void gather_rows(D& /*d*/, const_view<D> /*x*/, id_span /*rows*/, view<D> /*y*/) {}

/// y[rows[i]] = x[i]; rows (N) are distinct, x (N, D), y of any number of rows.
template <std::derived_from<computes_nothing> D>
void scatter_rows(D& /*d*/, const_view<D> /*x*/, id_span /*rows*/, view<D> /*y*/) {}

/// y = keep(row, col) ? x / (1-p) : 0. An element is kept if its random word of `stream` is at
/// least p * 2^32 (core/philox.hpp). y may be x.
template <std::derived_from<computes_nothing> D>
void apply_dropout(D& /*d*/, double /*p*/, random_stream /*stream*/, const_view<D> /*x*/,
                   view<D> /*y*/) {}

/// y = x + dropout(y), as apply_dropout drops; p = 0 drops nothing.
template <std::derived_from<computes_nothing> D>
void add_dropout(D& /*d*/, double /*p*/, random_stream /*stream*/, const_view<D> /*x*/,
                 view<D> /*y*/) {}

/// y = mean + deviation * normal(stream, row, col).
template <std::derived_from<computes_nothing> D>
void random_normal(D& /*d*/, random_stream /*stream*/, double /*mean*/, double /*deviation*/,
                   view<D> /*y*/) {}

/// y = low + (high - low) * uniform01(stream, row, col).
template <std::derived_from<computes_nothing> D>
void random_uniform(D& /*d*/, random_stream /*stream*/, double /*low*/, double /*high*/,
                    view<D> /*y*/) {}

template <class D>
concept element_operations =
    requires(D& d, const_view<D> x, const_wide_view<D> wide_x, view<D> y, wide_view<D> wide_y,
             const_real_span<D> bias, const_wide_span<D> wide_bias, wide_span<D> sums, id_span rows,
             random_stream stream, double number, double* total) {
      fill(d, y, number);
      fill(d, wide_y, number);
      copy(d, x, y);
      copy(d, x, wide_y);
      copy(d, wide_x, y);
      add(d, x, y);
      add_scaled(d, number, x, y);
      add_scaled(d, number, wide_x, wide_y);
      add_scaled(d, number, x, wide_y);
      scale(d, number, y);
      scale(d, number, wide_y);
      add_bias(d, bias, y);
      add_bias(d, wide_bias, wide_y);
      add_column_sums(d, x, sums);
      add_column_sums(d, wide_x, sums);
      add_sum(d, wide_bias, total);
      add_squares(d, wide_bias, total);
      gather_rows(d, x, rows, y);
      scatter_rows(d, x, rows, y);
      apply_dropout(d, number, stream, x, y);
      add_dropout(d, number, stream, x, y);
      random_normal(d, stream, number, number, y);
      random_uniform(d, stream, number, number, y);
    };

}  // namespace zer0

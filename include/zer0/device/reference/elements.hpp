// Element-wise operations of the reference device.
#pragma once

#include <zer0/core/compiled.hpp>
#include <zer0/core/random_stream.hpp>
#include <zer0/device/reference/device.hpp>

#include <span>

namespace zer0 {
namespace detail {

/// Calls f(y(i,j), i, j) for each element.
template <class F>
void for_each(tensor_view<double> y, F f) {
  for (index_t i = 0; i < y.rows; ++i)
    for (index_t j = 0; j < y.cols; ++j) f(y(i, j), i, j);
}

}  // namespace detail

void fill(reference&, tensor_view<double> y, double value);
void copy(reference&, tensor_view<const double> x, tensor_view<double> y);
void add(reference&, tensor_view<const double> x, tensor_view<double> y);
void scale(reference&, double factor, tensor_view<double> y);
void gather_rows(reference&, tensor_view<const double> x, id_span rows, tensor_view<double> y);
void scatter_rows(reference&, tensor_view<const double> x, id_span rows, tensor_view<double> y);
void apply_dropout(reference&, double p, random_stream r, tensor_view<const double> x, tensor_view<double> y);
void add_dropout(reference&, double p, random_stream r, tensor_view<const double> x, tensor_view<double> y);
void random_normal(reference&, random_stream r, double mean, double deviation, tensor_view<double> y);
void random_uniform(reference&, random_stream r, double low, double high, tensor_view<double> y);
void add_sum(reference&, std::span<const double> x, double* total);
void add_squares(reference&, std::span<const double> x, double* total);

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/device/reference/detail/elements.ipp>
#endif

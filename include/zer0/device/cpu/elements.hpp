// Element-wise operations and sums of the cpu device.
#pragma once

#include <zer0/core/compiled.hpp>
#include <zer0/core/random_stream.hpp>
#include <zer0/device/cpu/device.hpp>

#include <span>

namespace zer0 {

void fill(cpu&, tensor_view<float> y, double value);
void copy(cpu&, tensor_view<const float> x, tensor_view<float> y);
void add(cpu&, tensor_view<const float> x, tensor_view<float> y);
void scale(cpu&, double factor, tensor_view<float> y);
void gather_rows(cpu&, tensor_view<const float> x, id_span rows, tensor_view<float> y);
void scatter_rows(cpu&, tensor_view<const float> x, id_span rows, tensor_view<float> y);
void apply_dropout(cpu&, double p, random_stream r, tensor_view<const float> x, tensor_view<float> y);
void add_dropout(cpu&, double p, random_stream r, tensor_view<const float> x, tensor_view<float> y);
void random_normal(cpu&, random_stream r, double mean, double deviation, tensor_view<float> y);
void random_uniform(cpu&, random_stream r, double low, double high, tensor_view<float> y);
void add_sum(cpu&, std::span<const float> x, double* to);
void add_squares(cpu&, std::span<const float> x, double* to);

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/device/cpu/detail/elements.ipp>
#endif

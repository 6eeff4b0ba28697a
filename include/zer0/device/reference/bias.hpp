// Biases of the reference device.
#pragma once

#include <zer0/core/compiled.hpp>
#include <zer0/device/reference/device.hpp>

#include <span>

namespace zer0 {

void add_bias(reference&, std::span<const double> bias, tensor_view<double> y);
void add_column_sums(reference&, tensor_view<const double> x, std::span<double> sums);

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/device/reference/detail/elements.ipp>
#endif

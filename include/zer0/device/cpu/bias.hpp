// Biases of the cpu device, and sums of columns.
#pragma once

#include <zer0/core/compiled.hpp>
#include <zer0/device/cpu/device.hpp>

#include <span>

namespace zer0 {

void add_bias(cpu&, std::span<const float> bias, tensor_view<float> y);
void add_column_sums(cpu&, tensor_view<const float> x, std::span<float> sums);

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/device/cpu/detail/bias.ipp>
#endif

// LayerNorm of the cpu device.
#pragma once

#include <zer0/core/compiled.hpp>
#include <zer0/device/cpu/device.hpp>

#include <span>

namespace zer0 {

void layer_norm_forward(cpu&, tensor_view<const float> x, std::span<const float> weight, std::span<const float> bias,
                        double eps, tensor_view<float> y, std::span<float> mean, std::span<float> rstd);

void layer_norm_backward(cpu& d, tensor_view<const float> x, std::span<const float> weight, std::span<const float> mean,
                         std::span<const float> rstd, tensor_view<const float> dy, double beta, tensor_view<float> dx,
                         std::span<float> dweight, std::span<float> dbias);

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/device/cpu/detail/layer_norm.ipp>
#endif

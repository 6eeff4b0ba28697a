// LayerNorm of the reference device.
#pragma once

#include <zer0/core/compiled.hpp>
#include <zer0/device/reference/device.hpp>

#include <span>

namespace zer0 {

void layer_norm_forward(reference&, tensor_view<const double> x, std::span<const double> weight,
                        std::span<const double> bias, double eps, tensor_view<double> y, std::span<double> mean,
                        std::span<double> rstd);

/// With z = (x - mean) r and g = weight dy: dx = beta dx + r (g - mean(g) - z mean(g z)).
void layer_norm_backward(reference&, tensor_view<const double> x, std::span<const double> weight,
                         std::span<const double> mean, std::span<const double> rstd, tensor_view<const double> dy,
                         double beta, tensor_view<double> dx, std::span<double> dweight, std::span<double> dbias);

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/device/reference/detail/norms.ipp>
#endif

// RMSNorm of the reference device.
#pragma once

#include <zer0/core/compiled.hpp>
#include <zer0/core/random_stream.hpp>
#include <zer0/device/reference/device.hpp>

#include <span>

namespace zer0 {

void rms_norm_forward(reference&, tensor_view<const double> x, std::span<const double> weight, double eps,
                      tensor_view<double> y, std::span<double> rstd);

void add_rms_norm_forward(reference& d, double p, random_stream r, tensor_view<const double> x, tensor_view<double> y,
                          std::span<const double> weight, double eps, tensor_view<double> z, std::span<double> rstd);

/// dx = beta dx + r (w dy) - x r^3 / C sum(w dy x)
void rms_norm_backward(reference&, tensor_view<const double> x, std::span<const double> weight,
                       std::span<const double> rstd, tensor_view<const double> dy, double beta, tensor_view<double> dx,
                       std::span<double> dweight);

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/device/reference/detail/norms.ipp>
#endif

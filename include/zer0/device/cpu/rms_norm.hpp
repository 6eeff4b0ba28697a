// RMSNorm of the cpu device.
#pragma once

#include <zer0/core/compiled.hpp>
#include <zer0/core/random_stream.hpp>
#include <zer0/device/cpu/device.hpp>

#include <span>

namespace zer0 {

void rms_norm_forward(cpu&, tensor_view<const float> x, std::span<const float> weight, double eps, tensor_view<float> y,
                      std::span<float> rstd);

void add_rms_norm_forward(cpu&, double p, random_stream r, tensor_view<const float> x, tensor_view<float> y,
                          std::span<const float> weight, double eps, tensor_view<float> z, std::span<float> rstd);

void rms_norm_backward(cpu&, tensor_view<const float> x, std::span<const float> weight, std::span<const float> rstd,
                       tensor_view<const float> dy, double beta, tensor_view<float> dx, std::span<float> dweight);

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/device/cpu/detail/rms_norm.ipp>
#endif

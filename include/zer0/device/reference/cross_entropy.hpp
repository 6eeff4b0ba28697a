// Cross-entropy of the reference device.
#pragma once

#include <zer0/core/compiled.hpp>
#include <zer0/device/reference/device.hpp>

#include <span>

namespace zer0 {

void cross_entropy_loss(reference&, tensor_view<const double> logits, id_span targets, std::span<const double> weights,
                        std::span<double> loss);

void cross_entropy_gradient(reference& d, tensor_view<double> logits, id_span targets, std::span<const double> weights,
                            std::span<double> loss);

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/device/reference/detail/attention.ipp>
#endif

// Cross-entropy of the cpu device.
#pragma once

#include <zer0/core/compiled.hpp>
#include <zer0/device/cpu/device.hpp>

#include <span>

namespace zer0 {

void cross_entropy_loss(cpu&, tensor_view<const float> logits, id_span targets, std::span<const float> weights,
                        std::span<float> loss);

void cross_entropy_gradient(cpu&, tensor_view<float> logits, id_span targets, std::span<const float> weights,
                            std::span<float> loss);

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/device/cpu/detail/cross_entropy.ipp>
#endif

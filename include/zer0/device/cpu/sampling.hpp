// Choosing tokens on the cpu device.
#pragma once

#include <zer0/core/compiled.hpp>
#include <zer0/device/cpu/device.hpp>

#include <cstdint>
#include <span>

namespace zer0 {

void choose_tokens(cpu&, const sampling& rules, tensor_view<const float> logits, const sampling_rows& rows,
                   std::span<std::int32_t> tokens);

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/device/cpu/detail/sampling.ipp>
#endif

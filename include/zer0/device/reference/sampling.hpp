// Choosing tokens on the reference device.
#pragma once

#include <zer0/core/compiled.hpp>
#include <zer0/device/reference/device.hpp>

#include <cstdint>
#include <span>

namespace zer0 {

void choose_tokens(reference&, const sampling& rules, tensor_view<const double> logits, const sampling_rows& rows,
                   std::span<std::int32_t> tokens);

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/device/reference/detail/sampling.ipp>
#endif

// Rotary positions of the reference device.
#pragma once

#include <zer0/core/compiled.hpp>
#include <zer0/device/reference/device.hpp>

#include <span>

namespace zer0 {

void rotate(reference&, rope_pairing pairing, rope_direction direction, index_t head_dim, id_span positions,
            std::span<const double> frequencies, double magnitude, tensor_view<double> x);

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/device/reference/detail/elements.ipp>
#endif

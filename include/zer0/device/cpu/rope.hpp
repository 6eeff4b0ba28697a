// Rotary positions of the cpu device.
#pragma once

#include <zer0/core/compiled.hpp>
#include <zer0/device/cpu/device.hpp>

#include <span>

namespace zer0 {

void rotate(cpu&, rope_pairing pairing, rope_direction direction, index_t head_dim, id_span positions,
            std::span<const float> frequencies, double magnitude, tensor_view<float> x);

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/device/cpu/detail/rope.ipp>
#endif

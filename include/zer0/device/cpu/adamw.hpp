// AdamW of the cpu device.
#pragma once

#include <zer0/core/compiled.hpp>
#include <zer0/device/cpu/device.hpp>

#include <span>

namespace zer0 {

void adamw_update(cpu&, const adamw_sizes& s, std::span<float> parameters, std::span<const float> gradients,
                  std::span<float> first, std::span<float> second);

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/device/cpu/detail/adamw.ipp>
#endif

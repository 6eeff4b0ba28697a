// AdamW of the reference device.
#pragma once

#include <zer0/core/compiled.hpp>
#include <zer0/device/reference/device.hpp>

#include <span>

namespace zer0 {

void adamw_update(reference&, const adamw_sizes& s, std::span<double> parameters, std::span<const double> gradients,
                  std::span<double> first, std::span<double> second);

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/device/reference/detail/elements.ipp>
#endif

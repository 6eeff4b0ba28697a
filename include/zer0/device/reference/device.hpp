// The reference device: naive loops in double, obviously right.
#pragma once

#include <zer0/device/device.hpp>
#include <zer0/device/host_memory.hpp>

namespace zer0 {

/// Judges the other devices. Each operation is the formula of device.hpp written as loops, one thread, double.
struct reference : host_memory {
  using real = double;
};

}  // namespace zer0

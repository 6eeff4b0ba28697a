// Work that a device may record and start as one.
#pragma once

#include <zer0/device/device.hpp>

#include <array>

namespace zer0::detail {

/// The sizes that decide how much memory a piece of work takes and which kernels it starts.
using work_size = std::array<index_t, 3>;

/// Runs the same work again and again. A device may specialize it, to start the work as one instead
/// of a kernel at a time, as `cuda` does (device/detail/cuda/recorder.cuh).
template <device Device>
class recorder {
 public:
  /// Calls f(), which starts work on the device, and neither waits for it nor copies from or to the
  /// host.
  template <class F>
  void operator()(Device&, const work_size&, F f) {
    f();
  }
};

}  // namespace zer0::detail

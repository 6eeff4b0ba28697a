// A device that computes nothing: for checks at compile time, in a second instead of six.
#pragma once

#include <zer0/device/device.hpp>

#include <cstddef>

namespace zer0 {

/// Has every operation of the device concept, and each does nothing:
/// `static_assert(check_layer<my_norm, archetype>())` tells whether a layer fits the contract
/// without compiling a device's kernels. Nothing can be run on it: there is no memory. Not derived
/// from another device, so a layer that names one does not fit.
struct archetype : computes_nothing {
  using real = float;

  void* allocate(std::size_t) { return nullptr; }
  void deallocate(void*, std::size_t) {}
  void upload(void*, const void*, std::size_t) {}
  void download(void*, const void*, std::size_t) {}
  void synchronize() {}
};

static_assert(device<archetype>);

}  // namespace zer0

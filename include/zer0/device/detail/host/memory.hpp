// Memory of devices that compute on the host.
#pragma once

#include <zer0/core/detail/compiled.hpp>
#include <zer0/core/types.hpp>

#include <concepts>
#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace zer0 {

/// The memory half of the device concept for `cpu` and `reference`.
struct host_memory {
  static constexpr std::size_t alignment = 64;  // a cache line, and the widest vector register

  [[nodiscard]] void* allocate(std::size_t bytes) const;
  void deallocate(void* p, std::size_t) const { std::free(p); }
  void upload(void* device, const void* host, std::size_t bytes) const {
    copy_bytes(device, host, bytes);
  }
  void download(void* host, const void* device, std::size_t bytes) const {
    copy_bytes(host, device, bytes);
  }
  void synchronize() const {}

 private:
  static void copy_bytes(void* to, const void* from, std::size_t bytes) {
    if (bytes) std::memcpy(to, from, bytes);
  }
};

/// f(i) for i in [0, n): how the operations of this folder, written once for all devices of the
/// host, go over rows. A device with threads has its own. `work`: about how many elements one call
/// touches.
template <std::derived_from<host_memory> D, class F>
void for_each_row(D&, index_t n, [[maybe_unused]] index_t work, F f) {
  for (index_t i = 0; i < n; ++i) f(i);
}

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/device/detail/host/memory.ipp>
#endif

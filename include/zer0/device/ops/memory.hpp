// Memory of a device. These are the only operations that are members.
#pragma once

#include <zer0/core/detail/compiled.hpp>

#include <concepts>
#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace zer0 {

/// - `allocate(bytes)`: returns memory aligned to 64 bytes, its contents undefined. Throws
///   zer0::error when there is none left.
/// - `deallocate(p, bytes)`: frees it. Work that was already started may still use it.
/// - `upload(to, from, bytes)`: host to device. Returns when the memory of the host may be reused.
/// - `download(to, from, bytes)`: device to host. Returns when the bytes have arrived.
/// - `synchronize()`: returns when all work is done.
template <class D>
concept memory_operations = requires(D& d, void* p, const void* from, std::size_t bytes) {
  { d.allocate(bytes) } -> std::same_as<void*>;
  d.deallocate(p, bytes);
  d.upload(p, from, bytes);
  d.download(p, from, bytes);
  d.synchronize();
};

/// These operations for a device that computes on the host: the base of `cpu` and `reference`.
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

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/device/ops/detail/memory.ipp>
#endif

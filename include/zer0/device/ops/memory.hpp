// Memory of a device: the only operations that are members.
#pragma once

#include <concepts>
#include <cstddef>

namespace zer0 {

/// - `allocate(bytes)`: memory that is aligned to 64 bytes and holds anything. Throws zer0::error
///   when there is none left.
/// - `deallocate(p, bytes)`: gives it back. Work under way may still use it.
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

}  // namespace zer0

// Memory of devices that compute on the host.
#pragma once

#include <zer0/core/error.hpp>
#include <zer0/device/device.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace zer0 {

/// The memory half of the device concept for `cpu` and `reference`.
struct host_memory {
  static constexpr std::size_t alignment = 64;  // a cache line, and the widest vector register

  [[nodiscard]] void* allocate(std::size_t bytes) const {
    void* p = std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment + (bytes ? 0 : alignment));
    require(p != nullptr, "out of memory: ", bytes >> 20,
            " MiB could not be allocated; use a smaller batch, a shorter sequence or a smaller model");
    return p;
  }
  void deallocate(void* p, std::size_t) const { std::free(p); }
  void upload(void* device, const void* host, std::size_t bytes) const { copy_bytes(device, host, bytes); }
  void download(void* host, const void* device, std::size_t bytes) const { copy_bytes(host, device, bytes); }
  void synchronize() const {}

 private:
  static void copy_bytes(void* to, const void* from, std::size_t bytes) {
    if (bytes) std::memcpy(to, from, bytes);
  }
};

/// f(i) for i in [0, n): what host_*.hpp write once for all devices of the host. A device with threads has its own;
/// `work`: about how many elements one call touches.
template <std::derived_from<host_memory> D, class F>
void for_each_row(D&, index_t n, [[maybe_unused]] index_t work, F f) {
  for (index_t i = 0; i < n; ++i) f(i);
}

namespace detail {

/// What multiplies the gradients, where the host can read `squares` and `loss`; NaN or infinite if one of them is.
inline double gradient_factor(const gradient_scaling& s) {
  if (s.loss != nullptr && !std::isfinite(*s.loss)) return *s.loss;
  if (s.squares == nullptr) return s.factor;
  const double norm = s.factor * std::sqrt(*s.squares);
  if (!std::isfinite(norm)) return norm;
  return s.max_norm > 0 ? s.factor * std::min(1.0, s.max_norm / (norm + 1e-6)) : s.factor;
}

}  // namespace detail

}  // namespace zer0

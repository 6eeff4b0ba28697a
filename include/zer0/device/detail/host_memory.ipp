// Bodies of zer0/device/host_memory.hpp.
#pragma once

#include <zer0/core/error.hpp>
#include <zer0/device/host_memory.hpp>

#include <algorithm>
#include <cmath>

namespace zer0 {

ZER0_INLINE void* host_memory::allocate(std::size_t bytes) const {
  void* p = std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment + (bytes ? 0 : alignment));
  require(p != nullptr, "out of memory: ", bytes >> 20,
          " MiB could not be allocated; use a smaller batch, a shorter sequence or a smaller model");
  return p;
}

namespace detail {

ZER0_INLINE double gradient_factor(const gradient_scaling& s) {
  if (s.loss != nullptr && !std::isfinite(*s.loss)) return *s.loss;
  if (s.squares == nullptr) return s.factor;
  const double norm = s.factor * std::sqrt(*s.squares);
  if (!std::isfinite(norm)) return norm;
  return s.max_norm > 0 ? s.factor * std::min(1.0, s.max_norm / (norm + 1e-6)) : s.factor;
}

}  // namespace detail
}  // namespace zer0

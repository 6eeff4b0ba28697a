// Bodies of zer0/device/ops/memory.hpp.
#pragma once

#include <zer0/core/error.hpp>
#include <zer0/device/ops/memory.hpp>

namespace zer0 {

ZER0_INLINE void* host_memory::allocate(std::size_t bytes) const {
  void* p = std::aligned_alloc(
      alignment, (bytes + alignment - 1) / alignment * alignment + (bytes ? 0 : alignment));
  require(
      p != nullptr, "out of memory: ", bytes >> 20,
      " MiB could not be allocated; use a smaller batch, a shorter sequence or a smaller model");
  return p;
}

}  // namespace zer0

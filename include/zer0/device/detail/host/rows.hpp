// How operations that devices of the host share loop over rows.
#pragma once

#include <zer0/core/types.hpp>
#include <zer0/device/ops/memory.hpp>

#include <concepts>

namespace zer0 {

/// Calls f(i) for i in [0, n). The operations of this folder, written once for all devices of the
/// host, loop over rows by it. A device with threads overloads it. `work`: about how many elements
/// one call touches.
template <std::derived_from<host_memory> D, class F>
void for_each_row(D&, index_t n, [[maybe_unused]] index_t work, F f) {
  for (index_t i = 0; i < n; ++i) f(i);
}

}  // namespace zer0

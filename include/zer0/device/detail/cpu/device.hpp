// The type of the cpu device, and how it loops over rows.
#pragma once

#include <zer0/device/detail/cpu/parallel.hpp>
#include <zer0/device/detail/host/rows.hpp>

namespace zer0 {

/// Computes in float32 with OpenMP threads (OMP_NUM_THREADS sets their number). Every reduction has
/// a fixed order, so results do not depend on the number of threads. Compile with -march=native for
/// the full width of the vector units.
struct cpu : host_memory {
  using real = float;
};

template <class F>
void for_each_row(cpu&, index_t n, index_t work, F f) {
  detail::parallel_for(n, work, f);
}

}  // namespace zer0

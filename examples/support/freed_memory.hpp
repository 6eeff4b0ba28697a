// What becomes of memory that is freed.
#pragma once

#include <cstdlib>

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace program {

/// Large blocks go back to the system when they are freed. glibc would stop to do so after the
/// first few, and memory of a pass that is over (the reference model's) would lie in holes between
/// what training needs.
inline void return_freed_memory() {
#ifdef __GLIBC__
  constexpr int block = 1 << 20;
  (void)mallopt(M_MMAP_THRESHOLD, block);
#endif
}

}  // namespace program

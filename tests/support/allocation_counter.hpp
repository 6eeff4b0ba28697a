// Counts what a test program takes from the heap, on all threads: malloc and its family, and so
// operator new.
//
//   const auto before = support::allocations();
//   step();
//   CHECK(support::allocations() == before);
//
// Including this header replaces the program's malloc by one that counts and calls glibc's. Without
// glibc, or under a sanitizer that has replaced malloc itself, `counts_allocations` is false and
// the count stays 0: say so and return.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>  // defines __GLIBC__ where that is the library

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
    __has_feature(memory_sanitizer)
#define ZER0_TEST_SANITIZER_OWNS_MALLOC
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define ZER0_TEST_SANITIZER_OWNS_MALLOC
#endif

namespace support {

#if defined(__GLIBC__) && !defined(ZER0_TEST_SANITIZER_OWNS_MALLOC)
inline constexpr bool counts_allocations = true;
#else
inline constexpr bool counts_allocations = false;
#endif

namespace detail {
inline constinit std::atomic<std::size_t> allocation_count = 0;
}

/// Blocks taken from the heap since the program began.
inline std::size_t allocations() { return detail::allocation_count; }

}  // namespace support

#if defined(__GLIBC__) && !defined(ZER0_TEST_SANITIZER_OWNS_MALLOC)

// Weak, so that several files of a program may include this; `used`, as only the linker sees the
// calls.
// NOLINTBEGIN: these are glibc's own names
extern "C" {
void* __libc_malloc(std::size_t) noexcept;
void* __libc_calloc(std::size_t, std::size_t) noexcept;
void* __libc_realloc(void*, std::size_t) noexcept;
void* __libc_memalign(std::size_t, std::size_t) noexcept;

[[gnu::weak, gnu::used]] void* malloc(std::size_t size) noexcept {
  ++support::detail::allocation_count;
  return __libc_malloc(size);
}
[[gnu::weak, gnu::used]] void* calloc(std::size_t count, std::size_t size) noexcept {
  ++support::detail::allocation_count;
  return __libc_calloc(count, size);
}
[[gnu::weak, gnu::used]] void* realloc(void* p, std::size_t size) noexcept {
  ++support::detail::allocation_count;
  return __libc_realloc(p, size);
}
[[gnu::weak, gnu::used]] void* memalign(std::size_t alignment, std::size_t size) noexcept {
  ++support::detail::allocation_count;
  return __libc_memalign(alignment, size);
}
[[gnu::weak, gnu::used]] void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  ++support::detail::allocation_count;
  return __libc_memalign(alignment, size);
}
[[gnu::weak, gnu::used]] int posix_memalign(void** p, std::size_t alignment,
                                            std::size_t size) noexcept {
  ++support::detail::allocation_count;
  *p = __libc_memalign(alignment, size);
  return *p == nullptr ? 12 : 0;  // ENOMEM
}
}
// NOLINTEND
#endif

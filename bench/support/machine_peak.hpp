// The machine's peak: multiply-adds on registers only, on all threads.
#pragma once

#include "clock.hpp"

#if defined(__AVX512BF16__)
#include <immintrin.h>
#endif

namespace bench {

namespace detail {

#if defined(__AVX512F__)
inline constexpr int width = 16;
#elif defined(__AVX__)
inline constexpr int width = 8;
#else
inline constexpr int width = 4;
#endif
using vec = float __attribute__((vector_size(4 * width)));

inline vec broadcast(float x) { return vec{} + x; }

/// Calls body(iterations) on every thread and returns operations a second, in 10^9.
template <class Body>
double rate(long iterations, double operations_per_iteration, Body body) {
  int threads = 0;
  const auto start = clock::now();
#pragma omp parallel reduction(+ : threads)
  {
    threads += 1;
    body(iterations);
  }
  return operations_per_iteration * static_cast<double>(iterations) * threads /
         seconds_since(start) / 1e9;
}

}  // namespace detail

/// 10^9 float32 operations a second (a multiply-add is two) of all threads: ten independent chains
/// in registers.
inline double float_peak(long iterations = 5'000'000) {
  return detail::rate(iterations, 2.0 * detail::width * 10, [](long n) {
    using detail::vec;
    const vec b = detail::broadcast(0.999f);
    const vec c = detail::broadcast(0.001f);
    vec a0 = c, a1 = c, a2 = c, a3 = c, a4 = c, a5 = c, a6 = c, a7 = c, a8 = c, a9 = c;
    for (long i = 0; i < n; ++i) {
      a0 = a0 * b + c, a1 = a1 * b + c, a2 = a2 * b + c, a3 = a3 * b + c, a4 = a4 * b + c;
      a5 = a5 * b + c, a6 = a6 * b + c, a7 = a7 * b + c, a8 = a8 * b + c, a9 = a9 * b + c;
      asm volatile(""
                   : "+x"(a0), "+x"(a1), "+x"(a2), "+x"(a3), "+x"(a4), "+x"(a5), "+x"(a6), "+x"(a7),
                     "+x"(a8), "+x"(a9));
    }
  });
}

/// 10^9 bf16 operations a second by the dot-product instruction, or 0 where the machine has none.
inline double bf16_peak([[maybe_unused]] long iterations = 5'000'000) {
#if defined(__AVX512BF16__)
  return detail::rate(iterations, 2.0 * 32 * 10, [](long n) {
    const __m512bh x = reinterpret_cast<__m512bh>(_mm512_setzero_si512());
    __m512 a[10];
    for (auto& e : a) e = _mm512_setzero_ps();
    __m512 a0 = a[0], a1 = a[1], a2 = a[2], a3 = a[3], a4 = a[4], a5 = a[5], a6 = a[6], a7 = a[7],
           a8 = a[8], a9 = a[9];
    for (long i = 0; i < n; ++i) {
      a0 = _mm512_dpbf16_ps(a0, x, x), a1 = _mm512_dpbf16_ps(a1, x, x),
      a2 = _mm512_dpbf16_ps(a2, x, x);
      a3 = _mm512_dpbf16_ps(a3, x, x), a4 = _mm512_dpbf16_ps(a4, x, x),
      a5 = _mm512_dpbf16_ps(a5, x, x);
      a6 = _mm512_dpbf16_ps(a6, x, x), a7 = _mm512_dpbf16_ps(a7, x, x),
      a8 = _mm512_dpbf16_ps(a8, x, x);
      a9 = _mm512_dpbf16_ps(a9, x, x);
      asm volatile(""
                   : "+v"(a0), "+v"(a1), "+v"(a2), "+v"(a3), "+v"(a4), "+v"(a5), "+v"(a6), "+v"(a7),
                     "+v"(a8), "+v"(a9));
    }
  });
#else
  return 0;
#endif
}

}  // namespace bench

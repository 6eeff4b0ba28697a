// A vector register of floats: GNU vector extensions, and the few instructions that they cannot
// express.
#pragma once

#include <zer0/core/types.hpp>

#include <bit>
#include <cstring>

// Files compiled for different machines may be linked together, such as a program and
// zer0::compiled. Functions on registers of different sizes must therefore have different names,
// which the inline namespace ZER0_REGISTERS gives them.
#if defined(__AVX512F__)
#define ZER0_REGISTERS registers_of_16
#elif defined(__AVX__)
#define ZER0_REGISTERS registers_of_8
#else
#define ZER0_REGISTERS registers_of_4
#endif

namespace zer0::detail::inline ZER0_REGISTERS {

#if defined(__AVX512F__)
inline constexpr int simd_width = 16;
#elif defined(__AVX__)
inline constexpr int simd_width = 8;
#else
inline constexpr int simd_width = 4;
#endif

using simd = float __attribute__((vector_size(4 * simd_width)));
using simd_int = int __attribute__((vector_size(4 * simd_width)));

[[gnu::always_inline]] inline simd load(const float* from) {
  simd x;
  std::memcpy(&x, from, sizeof x);
  return x;
}
[[gnu::always_inline]] inline void store(float* to, simd x) { std::memcpy(to, &x, sizeof x); }

/// `value` in every lane; the same for one float.
template <class T>
[[gnu::always_inline]] inline T everywhere(float value) {
  return value - T{};
}

// The functions below use compiler builtins, not immintrin.h: that header takes longer to compile
// than all users of this one, and its AVX-512 functions warn of uninitialized memory under g++ 12.

/// a b + c, rounded once where the machine has such an instruction, whatever the compiler's
/// options; else rounded twice.
[[gnu::always_inline]] inline simd fused(simd a, simd b, simd c) {
#if defined(__AVX512F__)
  return __builtin_ia32_vfmaddps512_mask(a, b, c, 0xffff,
                                         4);  // all lanes, the current rounding mode
#elif defined(__FMA__)
  return __builtin_ia32_vfmaddps256(a, b, c);
#else
  return a * b + c;
#endif
}
[[gnu::always_inline]] inline float fused(float a, float b, float c) {
#if defined(__FMA__)
  return __builtin_fmaf(a, b, c);
#else
  return a * b + c;
#endif
}

/// std::min and std::max, lane by lane; a if either is NaN. Written as the one instruction, which
/// g++ does not find.
[[gnu::always_inline]] inline simd smaller(simd a, simd b) {
#if defined(__clang__) || !defined(__SSE__)
  return b < a ? b : a;
#elif defined(__AVX512F__)
  return __builtin_ia32_minps512_mask(b, a, a, -1, 4);
#elif defined(__AVX__)
  return __builtin_ia32_minps256(b, a);
#else
  return __builtin_ia32_minps(b, a);
#endif
}
[[gnu::always_inline]] inline simd larger(simd a, simd b) {
#if defined(__clang__) || !defined(__SSE__)
  return b > a ? b : a;
#elif defined(__AVX512F__)
  return __builtin_ia32_maxps512_mask(b, a, a, -1, 4);
#elif defined(__AVX__)
  return __builtin_ia32_maxps256(b, a);
#else
  return __builtin_ia32_maxps(b, a);
#endif
}
[[gnu::always_inline]] inline float smaller(float a, float b) { return b < a ? b : a; }
[[gnu::always_inline]] inline float larger(float a, float b) { return a < b ? b : a; }

/// The largest whole number not above x, for |x| < 2^31.
[[gnu::always_inline]] inline simd floor(simd x) {
#if defined(__AVX512F__)
  return __builtin_ia32_rndscaleps_mask(x, 1, x, -1, 4);
#elif defined(__AVX__)
  return __builtin_ia32_roundps256(x, 1);
#else
  const simd whole = __builtin_convertvector(__builtin_convertvector(x, simd_int), simd);
  return whole - (whole > x ? everywhere<simd>(1) : simd{});
#endif
}

[[gnu::always_inline]] inline simd magnitude(simd x) {
  return std::bit_cast<simd>(std::bit_cast<simd_int>(x) & 0x7fffffff);
}
[[gnu::always_inline]] inline float magnitude(float x) { return __builtin_fabsf(x); }

/// 2^e for -127 < e < 128; 0 for e = -127.
[[gnu::always_inline]] inline simd power_of_two(simd_int e) {
  return std::bit_cast<simd>((e + 127) << 23);
}

}  // namespace zer0::detail::inline ZER0_REGISTERS

// exp and tanh of floats, a vector register at once, and of whole rows.
//
// zer0's numbers once came from Eigen 3.4's exp() and tanh(), and these functions give the same
// ones, bit for bit. Eigen's are not used, because they warn of uninitialized memory under g++ 12
// with AVX-512, and Eigen takes a second to compile. The polynomials are Eigen's (those of the
// Cephes library), terms are added in its order, multiplications and additions are fused where it
// fuses them, and rows are split where it splits them.
#pragma once

#include <zer0/device/detail/cpu/simd.hpp>

#include <cmath>
#include <cstdint>
#include <utility>

namespace zer0::detail::inline ZER0_REGISTERS {

inline float exponential(float x) { return std::exp(x); }

/// exp, within 1.5 units in the last place, or 5 with AVX-512, where log(2) is taken in one part.
/// exp(x) = 2^m exp(r), m a whole number and r in [-log(2)/2, log(2)/2]. An x beyond about +-88,
/// where the result would leave the normal floats, is replaced by that limit. But infinity gives
/// infinity, and minus infinity a number near 0, or 0 itself with AVX-512.
inline simd exponential(simd given) {
#if defined(__AVX512F__)
  constexpr float highest = 88.3762626647950f, lowest = -88.3762626647949f;
#else
  constexpr float highest = 88.723f, lowest = -88.723f;
#endif
  constexpr auto all = [](float c) { return everywhere<simd>(c); };
  const simd x = larger(smaller(all(highest), given), all(lowest));  // NaN becomes `highest`
  const simd m = floor(fused(x, all(1.44269504088896341f), all(0.5f)));
#if defined(__AVX512F__)
  const simd r = fused(m, all(-0.6931471805599453f), x);
#else  // log(2) in two parts, for machines that round a product before it is added
  const simd r = fused(m, all(2.12194440e-4f), fused(m, all(-0.693359375f), x));
#endif
  const simd r2 = r * r, r3 = r2 * r;
  simd high = fused(all(1.9875691500e-4f), r, all(1.3981999507e-3f));
  high = fused(high, r, all(8.3334519073e-3f));
  simd low = fused(all(4.1665795894e-2f), r, all(1.6666665459e-1f));
  low = fused(low, r, all(5.0000001201e-1f));
  const simd y = fused(fused(high, r3, low), r2, r + 1.0f);
#if defined(__AVX512F__)
  const simd result = y * power_of_two(__builtin_convertvector(m, simd_int));
#else  // 2^m may not be a normal float where the result is: multiply by two factors, of which the
       // first is exact
  const simd_int e = __builtin_convertvector(m, simd_int), half = e >> 1;
  const simd result = y * power_of_two(half) * power_of_two(e - half);
#endif
  return larger(given, result);  // NaN stays
}

/// tanh of a float or of a register, within a few units in the last place: a ratio of polynomials.
template <class T>
T hyperbolic_tangent(T given) {
#if defined(__AVX512F__) || defined(__FMA__)  // where the ratio becomes exactly 1
  constexpr float end = 7.99881172180175781f;
#else
  constexpr float end = 7.90531110763549805f;
#endif
  constexpr auto all = [](float c) { return everywhere<T>(c); };
  const T x = larger(smaller(given, all(end)), all(-end)), x2 = x * x;
  T p = fused(x2, all(-2.76076847742355e-16f), all(2.00018790482477e-13f));
  p = fused(x2, p, all(-8.60467152213735e-11f));
  p = fused(x2, p, all(5.12229709037114e-08f));
  p = fused(x2, p, all(1.48572235717979e-05f));
  p = fused(x2, p, all(6.37261928875436e-04f));
  p = fused(x2, p, all(4.89352455891786e-03f));
  p = x * p;
  T q = fused(x2, all(1.19825839466702e-06f), all(1.18534705686654e-04f));
  q = fused(x2, q, all(2.26843463243900e-03f));
  q = fused(x2, q, all(4.89352518554385e-03f));
  return magnitude(given) < 0.0004f ? x : p / q;
}

/// The index of the first element of a row whose address is aligned to a register, at most n.
inline index_t first_aligned(const float* row, index_t n) {
  const auto at = reinterpret_cast<std::uintptr_t>(row) / sizeof(float);
  const auto first = static_cast<index_t>(-at % simd_width);
  return first < n ? first : n;
}

/// y[i] = f(x[i]), with f for a float and for a register; y may be x. Elements before the first
/// address of y that is aligned to a register, and those after the last whole register, are
/// computed one by one. The exponentials of a float and of a register differ, so the last bit of an
/// element depends on its address. It did so with Eigen, whose numbers are kept.
template <class F>
void map_row(const float* x, float* y, index_t n, F f) {
  const index_t first = first_aligned(y, n), last = first + (n - first) / simd_width * simd_width;
  for (index_t i = 0; i < first; ++i) y[i] = f(x[i]);
  for (index_t i = first; i < last; i += simd_width) store(y + i, f(load(x + i)));
  for (index_t i = last; i < n; ++i) y[i] = f(x[i]);
}

template <int Half, int... Lane>
simd larger_of_halves(simd x, std::integer_sequence<int, Lane...>) {
  return larger(x, __builtin_shufflevector(x, x, (Lane ^ Half)...));
}
template <int Half = simd_width / 2>
float largest_lane(simd x) {
  const simd halves = larger_of_halves<Half>(x, std::make_integer_sequence<int, simd_width>());
  if constexpr (Half > 1)
    return largest_lane<Half / 2>(halves);
  else
    return halves[0];
}

/// The largest of n > 0 numbers, compared in the order of Eigen's maxCoeff(), which decides the
/// result if some are NaN.
inline float largest_of(const float* x, index_t n) {
  const index_t first = first_aligned(x, n), whole = (n - first) / simd_width,
                last = first + whole * simd_width;
  float result = x[0];
  index_t i = 1;
  if (whole > 0) {
    const float* const from = x + first;
    simd lanes = load(from);
    if (whole > 1) {
      simd odd = load(from + simd_width);
      for (index_t k = 2; k + 1 < whole; k += 2) {
        lanes = larger(lanes, load(from + k * simd_width));
        odd = larger(odd, load(from + (k + 1) * simd_width));
      }
      lanes = larger(lanes, odd);
      if (whole % 2 != 0) lanes = larger(lanes, load(from + (whole - 1) * simd_width));
    }
    result = largest_lane(lanes);
    for (index_t k = 0; k < first; ++k) result = larger(result, x[k]);
    i = last;
  }
  for (; i < n; ++i) result = larger(result, x[i]);
  return result;
}

}  // namespace zer0::detail::inline ZER0_REGISTERS

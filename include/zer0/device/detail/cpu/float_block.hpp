// Sixty-four floats that compute element by element: what the cpu device hands to activations.
#pragma once

#include <zer0/device/detail/cpu/exponential.hpp>

#include <concepts>
#include <type_traits>

namespace zer0::detail::inline ZER0_REGISTERS {

/// The base of what a formula is made of: a block, or an operation that is not computed yet. A
/// formula is computed when it is converted to a block, one register at a time, so that
/// intermediate results never leave the registers.
struct block_formula {};
template <class E>
concept is_block_formula = std::derived_from<E, block_formula>;

/// x, which the compiler then cannot fuse with later operations: the result of a formula depends
/// neither on where it is used nor on the level of optimization.
[[gnu::always_inline]] inline simd rounded(simd x) {
#ifdef __SSE__
  asm("" : "+v"(x));
#endif
  return x;
}

struct float_block : block_formula {
  using Scalar = float;
  static constexpr index_t size = 64;

  float_block() = default;
  explicit float_block(const float* from) {
#pragma GCC unroll 4
    for (int i = 0; i < parts; ++i) part[i] = load(from + i * simd_width);
  }
  template <is_block_formula E>
  float_block(const E& formula) {
#pragma GCC unroll 4
    for (int i = 0; i < parts; ++i) part[i] = rounded(formula.at(i));
  }
  // Copies by registers: compilers copy 256 bytes in smaller pieces, which the loads that follow
  // have to wait for.
  float_block(const float_block& other) { *this = other; }
  float_block& operator=(const float_block& other) {
#pragma GCC unroll 4
    for (int i = 0; i < parts; ++i) part[i] = other.part[i];
    return *this;
  }

  [[nodiscard]] simd at(int i) const { return part[i]; }
  void copy_to(float* to) const {
#pragma GCC unroll 4
    for (int i = 0; i < parts; ++i) store(to + i * simd_width, part[i]);
  }
  /// Applies f to each element alone, for functions that have no form for registers.
  template <class F>
  [[nodiscard]] float_block unaryExpr(F f) const {
    float elements[size];
    copy_to(elements);
    for (float& e : elements) e = f(e);
    return float_block(elements);
  }

 private:
  static constexpr int parts = size / simd_width;
  alignas(64) simd part[parts];
};

/// A constant in a formula: a float, or an integer.
template <class C>
concept block_constant = std::same_as<C, float> || std::integral<C>;
struct constant_block {
  explicit constant_block(auto c) : value(static_cast<float>(c)) {}
  [[nodiscard]] simd at(int) const { return everywhere<simd>(value); }
  float value;
};

/// How an operation keeps an operand: blocks by reference, constants as constant_block, operations
/// by value.
template <class E>
struct kept_operand : std::type_identity<E> {};
template <>
struct kept_operand<float_block> : std::type_identity<const float_block&> {};
template <block_constant C>
struct kept_operand<C> : std::type_identity<constant_block> {};

template <class F, class A>
struct unary_formula : block_formula {
  explicit unary_formula(const A& of) : a(of) {}
  [[nodiscard]] simd at(int i) const { return F::of(a.at(i)); }
  typename kept_operand<A>::type a;
};
template <class F, class A, class B>
struct binary_formula : block_formula {
  binary_formula(const A& left, const B& right) : a(left), b(right) {}
  [[nodiscard]] simd at(int i) const { return F::of(a.at(i), b.at(i)); }
  typename kept_operand<A>::type a;
  typename kept_operand<B>::type b;
};

template <class A, class B>
concept block_operands = (is_block_formula<A> && (is_block_formula<B> || block_constant<B>)) ||
                         (block_constant<A> && is_block_formula<B>);

struct block_sum {
  static simd of(simd a, simd b) { return a + b; }
};
struct block_difference {
  static simd of(simd a, simd b) { return a - b; }
};
struct block_product {
  static simd of(simd a, simd b) { return a * b; }
};
struct block_quotient {
  static simd of(simd a, simd b) { return a / b; }
};
struct block_opposite {
  static simd of(simd a) {
#ifdef __AVX__
    return simd{} - a;  // as Eigen did it: NaN keeps its sign
#else
    return -a;
#endif
  }
};
struct block_exponential {
  static simd of(simd a) { return exponential(a); }
};
struct block_magnitude {
  static simd of(simd a) { return magnitude(a); }
};

template <class A, class B>
requires block_operands<A, B>
binary_formula<block_sum, A, B> operator+(const A& a, const B& b) {
  return {a, b};
}
template <class A, class B>
requires block_operands<A, B>
binary_formula<block_difference, A, B> operator-(const A& a, const B& b) {
  return {a, b};
}
template <class A, class B>
requires block_operands<A, B>
binary_formula<block_product, A, B> operator*(const A& a, const B& b) {
  return {a, b};
}
template <class A, class B>
requires block_operands<A, B>
binary_formula<block_quotient, A, B> operator/(const A& a, const B& b) {
  return {a, b};
}
template <is_block_formula A>
unary_formula<block_opposite, A> operator-(const A& a) {
  return unary_formula<block_opposite, A>(a);
}
template <is_block_formula A>
unary_formula<block_exponential, A> exp(const A& a) {
  return unary_formula<block_exponential, A>(a);
}
template <is_block_formula A>
unary_formula<block_magnitude, A> abs(const A& a) {
  return unary_formula<block_magnitude, A>(a);
}

}  // namespace zer0::detail::inline ZER0_REGISTERS

// Activations of the cpu device: 64 elements at once, which stay in the first level cache.
#pragma once

#include <zer0/device/activation.hpp>
#include <zer0/device/detail/cpu/device.hpp>
#include <zer0/device/detail/cpu/float_block.hpp>
#include <zer0/device/detail/cpu/parallel.hpp>
#include <zer0/device/ops/activations.hpp>

#include <algorithm>

namespace zer0 {
namespace detail {

/// Loads the end of a row, filled up with zeros, so that it is computed as the rest is.
[[gnu::noinline]] inline float_block load_end(const float* x, index_t count) {
  float whole[float_block::size] = {};
  std::copy(x, x + count, whole);
  return float_block(whole);
}
[[gnu::always_inline]] inline float_block load_block(const float* x, index_t count) {
  if (count == float_block::size) [[likely]]
    return float_block(x);
  return load_end(x, count);
}
inline void store_block(float* y, index_t count, const float_block& values) {
  if (count == float_block::size) return values.copy_to(y);
  float whole[float_block::size];
  values.copy_to(whole);
  std::copy(whole, whole + count, y);
}

/// Calls f(row, first column, number of columns) for blocks that cover all elements. `cost`: the
/// work of one element, as in parallel_for.
template <class F>
void for_blocks(index_t rows, index_t cols, index_t cost, F f) {
  parallel_for(rows, cost * cols, [&](index_t i) {
    for (index_t j = 0; j < cols; j += float_block::size)
      f(i, j, std::min(index_t{float_block::size}, cols - j));
  });
}

}  // namespace detail

template <activation A>
void activate_forward(cpu&, A, const_view<cpu> x, view<cpu> y) {
  detail::for_blocks(y.rows, y.cols, 8, [&](index_t i, index_t j, index_t n) {
    detail::store_block(y.row(i) + j, n, A::value(detail::load_block(x.row(i) + j, n)));
  });
}

template <activation A>
void activate_backward(cpu&, A, const_view<cpu> x, const_view<cpu> dy, view<cpu> dx) {
  detail::for_blocks(dx.rows, dx.cols, 8, [&](index_t i, index_t j, index_t n) {
    const detail::float_block up = detail::load_block(dy.row(i) + j, n),
                              slope = A::slope(detail::load_block(x.row(i) + j, n));
    detail::store_block(dx.row(i) + j, n, up * slope);
  });
}

template <activation A>
void gate_forward(cpu&, A, const gate_forward_operands<cpu>& of) {
  detail::for_blocks(of.y.rows, of.y.cols, 8, [&](index_t i, index_t j, index_t n) {
    const detail::float_block value = A::value(detail::load_block(of.gate.row(i) + j, n));
    detail::store_block(of.y.row(i) + j, n, value * detail::load_block(of.up.row(i) + j, n));
  });
}

template <activation A>
void gate_backward(cpu&, A, const gate_backward_operands<cpu>& of) {
  detail::for_blocks(of.dy.rows, of.dy.cols, 8, [&](index_t i, index_t j, index_t n) {
    const detail::float_block z = detail::load_block(of.gate.row(i) + j, n),
                              u = detail::load_block(of.up.row(i) + j, n),
                              d = detail::load_block(of.dy.row(i) + j, n);
    detail::float_block value, slope;
    detail::value_and_slope<A>(z, value, slope);
    detail::store_block(of.dup.row(i) + j, n, d * value);
    detail::store_block(of.dgate.row(i) + j, n, d * u * slope);
  });
}

}  // namespace zer0

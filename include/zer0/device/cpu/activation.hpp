// Activations of the cpu device: 64 elements at once, which stay in the first level cache.
#pragma once

#include <zer0/device/activation.hpp>
#include <zer0/device/cpu/device.hpp>
#include <zer0/device/cpu/eigen.hpp>
#include <zer0/device/cpu/parallel.hpp>

namespace zer0 {
namespace detail {

inline constexpr index_t activated_at_once = 64;
using element_block = Eigen::Array<float, activated_at_once, 1>;

inline element_block load_block(const float* x, index_t count) {
  if (count == activated_at_once) return Eigen::Map<const element_block>(x);
  element_block out = element_block::Zero();  // the end of a row: computed as the rest of it is
  std::copy(x, x + count, out.data());
  return out;
}
inline void store_block(float* y, index_t count, const element_block& values) {
  if (count == activated_at_once)
    Eigen::Map<element_block>{y} = values;
  else
    std::copy(values.data(), values.data() + count, y);
}

/// f(row, first column, how many columns) for all elements; `cost` of an element as in parallel_for.
template <class F>
void for_blocks(index_t rows, index_t cols, index_t cost, F f) {
  parallel_for(rows, cost * cols, [&](index_t i) {
    for (index_t j = 0; j < cols; j += activated_at_once) f(i, j, std::min(activated_at_once, cols - j));
  });
}

}  // namespace detail

template <activation A>
void activate_forward(cpu&, A, tensor_view<const float> x, tensor_view<float> y) {
  detail::for_blocks(y.rows, y.cols, 8, [&](index_t i, index_t j, index_t n) {
    detail::store_block(y.row(i) + j, n, A::value(detail::load_block(x.row(i) + j, n)));
  });
}

template <activation A>
void activate_backward(cpu&, A, tensor_view<const float> x, tensor_view<const float> dy, tensor_view<float> dx) {
  detail::for_blocks(dx.rows, dx.cols, 8, [&](index_t i, index_t j, index_t n) {
    const detail::element_block up = detail::load_block(dy.row(i) + j, n),
                                slope = A::slope(detail::load_block(x.row(i) + j, n));
    detail::store_block(dx.row(i) + j, n, up * slope);
  });
}

template <activation A>
void gate_forward(cpu&, A, tensor_view<const float> gate, tensor_view<const float> up, tensor_view<float> y) {
  detail::for_blocks(y.rows, y.cols, 8, [&](index_t i, index_t j, index_t n) {
    const detail::element_block value = A::value(detail::load_block(gate.row(i) + j, n));
    detail::store_block(y.row(i) + j, n, value * detail::load_block(up.row(i) + j, n));
  });
}

template <activation A>
void gate_backward(cpu&, A, tensor_view<const float> gate, tensor_view<const float> up, tensor_view<const float> dy,
                   tensor_view<float> dgate, tensor_view<float> dup) {
  detail::for_blocks(dy.rows, dy.cols, 8, [&](index_t i, index_t j, index_t n) {
    const detail::element_block z = detail::load_block(gate.row(i) + j, n), u = detail::load_block(up.row(i) + j, n),
                                d = detail::load_block(dy.row(i) + j, n);
    detail::element_block value, slope;
    detail::value_and_slope<A>(z, value, slope);
    detail::store_block(dup.row(i) + j, n, d * value);
    detail::store_block(dgate.row(i) + j, n, d * u * slope);
  });
}

}  // namespace zer0

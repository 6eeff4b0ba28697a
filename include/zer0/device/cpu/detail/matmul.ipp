// Bodies of zer0/device/cpu/matmul.hpp.
#pragma once

#include <zer0/device/cpu/elements.hpp>
#include <zer0/device/cpu/matmul.hpp>
#include <zer0/device/cpu/detail/product.hpp>

#include <algorithm>

namespace zer0 {
namespace detail {

ZER0_INLINE constexpr index_t few_rows = 4;

/// x W^T for a few rows (a token at a time): reads each row of W once, which is all that such a product costs.
ZER0_INLINE void few_rows_product(tensor_view<const float> x, tensor_view<const float> w, float beta,
                                  tensor_view<float> y) {
  parallel_for(w.rows, w.cols, [&](index_t j) {
    for (index_t i = 0; i < x.rows; ++i) {
      const float* a = x.row(i);
      const float* b = w.row(j);
      float total = 0;
#pragma omp simd reduction(+ : total)
      for (index_t k = 0; k < w.cols; ++k) total += a[k] * b[k];
      y(i, j) = total + (beta == 0 ? 0 : y(i, j));
    }
  });
}

}  // namespace detail

ZER0_INLINE void matmul(cpu& d, transpose ta, tensor_view<const float> a, transpose tb, tensor_view<const float> b,
                        double beta, tensor_view<float> c) {
  if (c.elements() == 0) return;  // no token came to an expert
  const index_t depth = ta == transpose::yes ? a.rows : a.cols;
  if (depth == 0) return beta == 0 ? fill(d, c, 0) : void();
  if (c.rows <= detail::few_rows && ta == transpose::no && tb == transpose::yes)
    return detail::few_rows_product(a, b, static_cast<float>(beta), c);
  const detail::operand left{a.data, a.stride, ta == transpose::yes};
  const detail::operand right{b.data, b.stride, tb == transpose::no};
  // Pieces of c for the threads: long ones, so that a panel of b is packed seldom. How c is cut does not change its
  // numbers.
  const index_t cols = std::min(c.cols, detail::block_cols);
  const index_t rows = std::min(c.rows, index_t{1024});
  const index_t down = (c.rows + rows - 1) / rows;
  const index_t across = (c.cols + cols - 1) / cols;
  detail::parallel_for_uneven(down * across, rows * cols * depth / 32, [&](index_t piece) {
    const index_t i = piece % down * rows;
    const index_t j = piece / down * cols;
    detail::product({left.at(i, 0), left.stride, left.transposed}, {right.at(j, 0), right.stride, right.transposed},
                    std::min(rows, c.rows - i), std::min(cols, c.cols - j), depth, beta != 0, c.row(i) + j, c.stride);
  });
}

}  // namespace zer0

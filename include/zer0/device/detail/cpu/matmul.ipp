// Bodies of the cpu device's products: how they are cut into pieces for the threads. The pieces of
// all groups are shared out together.
#pragma once

#include <zer0/device/cpu.hpp>
#include <zer0/device/detail/cpu/parallel.hpp>
#include <zer0/device/detail/cpu/product.hpp>

#include <algorithm>

namespace zer0 {
namespace detail {

inline constexpr index_t few_rows = 4;

/// x W^T for a few rows (generation of a token at a time): reads each row of W once, which is
/// nearly the whole cost of such a product.
ZER0_INLINE void few_rows_product(const_view<cpu> x, const_view<cpu> w, float beta, view<cpu> y) {
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

/// A piece of one group's result.
struct group_piece {
  index_t group, row, rows, col, cols;
};

/// Calls f(piece) for pieces that cover the results of all groups, `rows_of(group)` x `cols`
/// numbers each, because one group alone may be too small for all threads. `work`: about how many
/// elements a piece touches.
template <class RowsOf, class F>
void for_group_pieces(index_t groups, RowsOf rows_of, index_t cols, index_t work, F f) {
  constexpr index_t most_rows = 2 * block_rows, most_cols = block_cols / 2;
  const index_t across = (cols + most_cols - 1) / most_cols;
  const auto pieces_of = [&](index_t group) {
    return (rows_of(group) + most_rows - 1) / most_rows * across;
  };
  index_t pieces = 0;
  for (index_t e = 0; e < groups; ++e) pieces += pieces_of(e);
  parallel_for_uneven(pieces, work, [&](index_t piece) {
    index_t group = 0;
    for (; piece >= pieces_of(group); ++group) piece -= pieces_of(group);
    const index_t row = piece / across * most_rows, col = piece % across * most_cols;
    f(group_piece{group, row, std::min(most_rows, rows_of(group) - row), col,
                  std::min(most_cols, cols - col)});
  });
}

}  // namespace detail

ZER0_INLINE void matmul(cpu& d, matrix_of<cpu> a, matrix_of<cpu> b, double beta, view<cpu> c) {
  if (c.elements() == 0) return;  // no token was routed to the expert
  const index_t depth = a.cols();
  if (depth == 0) return beta == 0 ? fill(d, c, 0) : void();
  if (c.rows <= detail::few_rows && !a.is_transposed && b.is_transposed)
    return detail::few_rows_product(a.view, b.view, static_cast<float>(beta), c);
  const detail::operand left{a.view.data, a.view.stride, a.is_transposed};
  const detail::operand right{b.view.data, b.view.stride, !b.is_transposed};
  // The pieces of c for the threads are long, so that a panel of b is packed seldom. How c is cut
  // does not change its numbers.
  const index_t cols = std::min(c.cols, detail::block_cols);
  const index_t rows = std::min(c.rows, index_t{1024});
  const index_t down = (c.rows + rows - 1) / rows;
  const index_t across = (c.cols + cols - 1) / cols;
  detail::parallel_for_uneven(down * across, rows * cols * depth / 32, [&](index_t piece) {
    const index_t i = piece % down * rows;
    const index_t j = piece / down * cols;
    detail::product({left.at(i, 0), left.stride, left.transposed},
                    {right.at(j, 0), right.stride, right.transposed}, std::min(rows, c.rows - i),
                    std::min(cols, c.cols - j), depth, beta != 0, c.row(i) + j, c.stride);
  });
}

ZER0_INLINE void grouped_matmul(cpu& d, id_span starts, const_view<cpu> x, matrix_of<cpu> b,
                                view<cpu> y) {
  if (x.cols == 0) return fill(d, y.row_block(0, starts.back()), 0);
  const bool reads_rows = b.is_transposed;
  const index_t rows_of_b = reads_rows ? y.cols : x.cols;
  const auto first_of = [&](index_t e) { return index_t{starts[static_cast<std::size_t>(e)]}; };
  const auto size_of = [&](index_t e) { return first_of(e + 1) - first_of(e); };
  const auto weight_of = [&](index_t e) { return b.view.row_block(e * rows_of_b, rows_of_b); };
  const auto is_few = [&](index_t e) { return reads_rows && size_of(e) <= detail::few_rows; };
  const auto groups = static_cast<index_t>(starts.size()) - 1;
  for (index_t e = 0; e < groups; ++e)
    if (is_few(e) && size_of(e) > 0)
      detail::few_rows_product(x.row_block(first_of(e), size_of(e)), weight_of(e), 0,
                               y.row_block(first_of(e), size_of(e)));
  detail::for_group_pieces(
      groups, [&](index_t e) { return is_few(e) ? 0 : size_of(e); }, y.cols,
      x.cols * detail::block_cols,
      [&](const detail::group_piece& p) {
        const index_t row = first_of(p.group) + p.row;
        const detail::operand right{weight_of(p.group).data, b.view.stride, !reads_rows};
        detail::product({x.row(row), x.stride, false},
                        {right.at(p.col, 0), right.stride, right.transposed}, p.rows, p.cols,
                        x.cols, false, y.row(row) + p.col, y.stride);
      });
}

ZER0_INLINE void grouped_weight_gradient(cpu&, const grouped_weight_gradient_operands<cpu>& of) {
  const const_view<cpu> dy = of.dy, x = of.x;
  const auto groups = static_cast<index_t>(of.starts.size()) - 1;
  const auto first_of = [&](index_t e) { return index_t{of.starts[static_cast<std::size_t>(e)]}; };
  detail::for_group_pieces(
      groups, [&](index_t e) { return first_of(e + 1) > first_of(e) ? dy.cols : 0; }, x.cols,
      dy.rows * detail::block_cols / std::max<index_t>(groups, 1),
      [&](const detail::group_piece& p) {
        const index_t first = first_of(p.group), depth = first_of(p.group + 1) - first;
        detail::product({dy.row(first) + p.row, dy.stride, true},
                        {x.row(first) + p.col, x.stride, true}, p.rows, p.cols, depth, true,
                        of.dw.row(p.group * dy.cols + p.row) + p.col, of.dw.stride);
      });
}

}  // namespace zer0

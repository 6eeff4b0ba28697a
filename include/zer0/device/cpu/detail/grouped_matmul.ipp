// Bodies of zer0/device/cpu/grouped_matmul.hpp.
#pragma once

#include <zer0/device/cpu/detail/matmul.ipp>
#include <zer0/device/cpu/elements.hpp>
#include <zer0/device/cpu/grouped_matmul.hpp>

#include <algorithm>

namespace zer0 {
namespace detail {

/// A piece of one group's result.
struct group_piece {
  index_t group, row, rows, col, cols;
};

/// Calls f(piece) for pieces that cover results of `rows_of(group)` x `cols` numbers. A group alone may be too small
/// for all threads. `work`: about how many elements a piece touches.
template <class RowsOf, class F>
void for_group_pieces(index_t groups, RowsOf rows_of, index_t cols, index_t work, F f) {
  constexpr index_t most_rows = 2 * block_rows, most_cols = block_cols / 2;
  const index_t across = (cols + most_cols - 1) / most_cols;
  const auto pieces_of = [&](index_t group) { return (rows_of(group) + most_rows - 1) / most_rows * across; };
  index_t pieces = 0;
  for (index_t e = 0; e < groups; ++e) pieces += pieces_of(e);
  parallel_for_uneven(pieces, work, [&](index_t piece) {
    index_t group = 0;
    for (; piece >= pieces_of(group); ++group) piece -= pieces_of(group);
    const index_t row = piece / across * most_rows, col = piece % across * most_cols;
    f(group_piece{group, row, std::min(most_rows, rows_of(group) - row), col, std::min(most_cols, cols - col)});
  });
}

}  // namespace detail

ZER0_INLINE void grouped_matmul(cpu& d, id_span starts, tensor_view<const float> x, transpose tb,
                                tensor_view<const float> b, tensor_view<float> y) {
  if (x.cols == 0) return fill(d, y.row_block(0, starts.back()), 0);
  const index_t rows_of_b = tb == transpose::yes ? y.cols : x.cols;
  const auto first_of = [&](index_t e) { return index_t{starts[static_cast<std::size_t>(e)]}; };
  const auto size_of = [&](index_t e) { return first_of(e + 1) - first_of(e); };
  const auto weight_of = [&](index_t e) { return b.row_block(e * rows_of_b, rows_of_b); };
  const bool reads_rows = tb == transpose::yes;
  const auto is_few = [&](index_t e) { return reads_rows && size_of(e) <= detail::few_rows; };
  const auto groups = static_cast<index_t>(starts.size()) - 1;
  for (index_t e = 0; e < groups; ++e)
    if (is_few(e) && size_of(e) > 0)
      detail::few_rows_product(x.row_block(first_of(e), size_of(e)), weight_of(e), 0,
                               y.row_block(first_of(e), size_of(e)));
  detail::for_group_pieces(
      groups, [&](index_t e) { return is_few(e) ? 0 : size_of(e); }, y.cols, x.cols * detail::block_cols,
      [&](const detail::group_piece& p) {
        const index_t row = first_of(p.group) + p.row;
        const detail::operand right{weight_of(p.group).data, b.stride, !reads_rows};
        detail::product({x.row(row), x.stride, false}, {right.at(p.col, 0), b.stride, !reads_rows}, p.rows, p.cols,
                        x.cols, false, y.row(row) + p.col, y.stride);
      });
}

ZER0_INLINE void grouped_weight_gradient(cpu&, id_span starts, tensor_view<const float> dy, tensor_view<const float> x,
                                         tensor_view<float> dw) {
  const auto first_of = [&](index_t e) { return index_t{starts[static_cast<std::size_t>(e)]}; };
  detail::for_group_pieces(
      static_cast<index_t>(starts.size()) - 1, [&](index_t e) { return first_of(e + 1) > first_of(e) ? dy.cols : 0; },
      x.cols, dy.rows * detail::block_cols / std::max<index_t>(static_cast<index_t>(starts.size()) - 1, 1),
      [&](const detail::group_piece& p) {
        const index_t first = first_of(p.group), depth = first_of(p.group + 1) - first;
        detail::product({dy.row(first) + p.row, dy.stride, true}, {x.row(first) + p.col, x.stride, true}, p.rows,
                        p.cols, depth, true, dw.row(p.group * dy.cols + p.row) + p.col, dw.stride);
      });
}

}  // namespace zer0

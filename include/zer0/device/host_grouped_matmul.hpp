// Products of groups of rows on devices that compute on the host: one product after another.
#pragma once

#include <zer0/device/device.hpp>
#include <zer0/device/host_memory.hpp>

#include <concepts>

namespace zer0 {

/// `starts` is memory of the host here, so each group is a product of the device. Rows beyond starts[E] belong to none.
template <std::derived_from<host_memory> D>
void grouped_matmul(D& d, id_span starts, const_view<D> x, transpose tb, const_view<D> b, view<D> y) {
  const index_t rows_of_b = tb == transpose::yes ? y.cols : x.cols;
  for (std::size_t e = 0; e + 1 < starts.size(); ++e) {
    const index_t first = starts[e], count = starts[e + 1] - first;
    matmul(d, transpose::no, x.row_block(first, count), tb, b.row_block(static_cast<index_t>(e) * rows_of_b, rows_of_b),
           0, y.row_block(first, count));
  }
}

template <std::derived_from<host_memory> D>
void grouped_weight_gradient(D& d, id_span starts, const_view<D> dy, const_view<D> x, wide_view<D> dw) {
  for (std::size_t e = 0; e + 1 < starts.size(); ++e) {
    const index_t first = starts[e], count = starts[e + 1] - first;
    matmul(d, transpose::yes, dy.row_block(first, count), transpose::no, x.row_block(first, count), 1,
           dw.row_block(static_cast<index_t>(e) * dy.cols, dy.cols));
  }
}

}  // namespace zer0

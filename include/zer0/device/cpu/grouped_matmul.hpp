// Products of groups of rows of the cpu device: one after another.
#pragma once

#include <zer0/device/cpu/matmul.hpp>

namespace zer0 {

inline void grouped_matmul(cpu& d, id_span starts, tensor_view<const float> x, transpose tb, tensor_view<const float> b,
                           tensor_view<float> y) {
  const index_t rows_of_b = tb == transpose::yes ? y.cols : x.cols;
  for (std::size_t e = 0; e + 1 < starts.size(); ++e) {
    const index_t first = starts[e], count = starts[e + 1] - first;
    matmul(d, transpose::no, x.row_block(first, count), tb, b.row_block(static_cast<index_t>(e) * rows_of_b, rows_of_b),
           0, y.row_block(first, count));
  }
}

inline void grouped_weight_gradient(cpu& d, id_span starts, tensor_view<const float> dy, tensor_view<const float> x,
                                    tensor_view<float> dw) {
  for (std::size_t e = 0; e + 1 < starts.size(); ++e) {
    const index_t first = starts[e], count = starts[e + 1] - first;
    matmul(d, transpose::yes, dy.row_block(first, count), transpose::no, x.row_block(first, count), 1,
           dw.row_block(static_cast<index_t>(e) * dy.cols, dy.cols));
  }
}

}  // namespace zer0

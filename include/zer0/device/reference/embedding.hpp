// Embedding of the reference device.
#pragma once

#include <zer0/device/reference/device.hpp>

namespace zer0 {

inline void embedding_forward(reference&, tensor_view<const double> table, id_span ids, tensor_view<double> y) {
  for (index_t i = 0; i < y.rows; ++i)
    for (index_t j = 0; j < y.cols; ++j) y(i, j) = table(ids[static_cast<std::size_t>(i)], j);
}
inline void embedding_backward(reference&, id_span ids, tensor_view<const double> dy, tensor_view<double> dtable) {
  for (index_t i = 0; i < dy.rows; ++i)
    for (index_t j = 0; j < dy.cols; ++j) dtable(ids[static_cast<std::size_t>(i)], j) += dy(i, j);
}

}  // namespace zer0

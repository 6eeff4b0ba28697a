// The matrix product of the reference device.
#pragma once

#include <zer0/device/reference/device.hpp>

namespace zer0 {

inline void matmul(reference&, transpose ta, tensor_view<const double> a, transpose tb, tensor_view<const double> b,
                   double beta, tensor_view<double> c) {
  const index_t inner = ta == transpose::yes ? a.rows : a.cols;
  for (index_t i = 0; i < c.rows; ++i)
    for (index_t j = 0; j < c.cols; ++j) {
      double total = 0;
      for (index_t k = 0; k < inner; ++k)
        total += (ta == transpose::yes ? a(k, i) : a(i, k)) * (tb == transpose::yes ? b(j, k) : b(k, j));
      c(i, j) = total + (beta == 0 ? 0 : beta * c(i, j));
    }
}

}  // namespace zer0

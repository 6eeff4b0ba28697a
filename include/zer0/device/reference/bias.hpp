// Biases of the reference device.
#pragma once

#include <zer0/device/reference/elements.hpp>

namespace zer0 {

inline void add_bias(reference&, std::span<const double> bias, tensor_view<double> y) {
  detail::for_each(y, [&](double& e, index_t, index_t j) { e += bias[static_cast<std::size_t>(j)]; });
}

inline void add_column_sums(reference&, tensor_view<const double> x, std::span<double> sums) {
  for (index_t i = 0; i < x.rows; ++i)
    for (index_t j = 0; j < x.cols; ++j) sums[static_cast<std::size_t>(j)] += x(i, j);
}

}  // namespace zer0

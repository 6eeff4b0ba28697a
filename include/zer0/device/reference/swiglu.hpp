// The gate of SwiGLU on the reference device.
#pragma once

#include <zer0/device/reference/device.hpp>

#include <cmath>

namespace zer0 {

inline void swiglu_forward(reference&, tensor_view<const double> gate, tensor_view<const double> up,
                           tensor_view<double> y) {
  for (index_t i = 0; i < y.rows; ++i)
    for (index_t j = 0; j < y.cols; ++j) y(i, j) = gate(i, j) / (1 + std::exp(-gate(i, j))) * up(i, j);
}

inline void swiglu_backward(reference&, tensor_view<const double> gate, tensor_view<const double> up,
                            tensor_view<const double> dy, tensor_view<double> dgate, tensor_view<double> dup) {
  for (index_t i = 0; i < dy.rows; ++i)
    for (index_t j = 0; j < dy.cols; ++j) {
      const double g = gate(i, j);
      const double u = up(i, j);
      const double sigmoid = 1 / (1 + std::exp(-g));
      dup(i, j) = dy(i, j) * g * sigmoid;
      dgate(i, j) = dy(i, j) * u * sigmoid * (1 + g * (1 - sigmoid));
    }
}

}  // namespace zer0

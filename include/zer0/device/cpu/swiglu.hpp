// The gate of SwiGLU on the cpu device.
#pragma once

#include <zer0/device/cpu/device.hpp>
#include <zer0/device/cpu/eigen.hpp>
#include <zer0/device/cpu/parallel.hpp>

namespace zer0 {

inline void swiglu_forward(cpu&, tensor_view<const float> gate, tensor_view<const float> up, tensor_view<float> y) {
  detail::parallel_for(y.rows, 8 * y.cols, [&](index_t i) {
    const auto g = detail::as_array(gate.row(i), y.cols);
    const auto u = detail::as_array(up.row(i), y.cols);
    detail::as_array(y.row(i), y.cols) = g / (1 + (-g).exp()) * u;
  });
}

inline void swiglu_backward(cpu&, tensor_view<const float> gate, tensor_view<const float> up,
                            tensor_view<const float> dy, tensor_view<float> dgate, tensor_view<float> dup) {
  struct sigmoids;
  detail::parallel_for(dy.rows, 8 * dy.cols, [&](index_t i) {
    auto sigmoid = detail::as_array(detail::thread_scratch<sigmoids>(dy.cols), dy.cols);
    sigmoid = 1 / (1 + (-detail::as_array(gate.row(i), dy.cols)).exp());
    const float* g = gate.row(i);
    const float* u = up.row(i);
    const float* d = dy.row(i);
    const float* s = sigmoid.data();
    float* dg = dgate.row(i);
    float* du = dup.row(i);
#pragma omp simd
    for (index_t j = 0; j < dy.cols; ++j) {  // reads both before writing either: dgate may be gate, dup may be up
      const float to_up = d[j] * g[j] * s[j];
      const float to_gate = d[j] * u[j] * s[j] * (1 + g[j] * (1 - s[j]));
      du[j] = to_up;
      dg[j] = to_gate;
    }
  });
}

}  // namespace zer0

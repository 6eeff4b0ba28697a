// The gated feed-forward of the cuda device.
#pragma once

#include <zer0/device/cuda/vector.cuh>

namespace zer0 {
namespace gpu {

template <class T>
struct gate_elements {
  tensor_view<const T> gate, up;
  tensor_view<T> y;
  template <int W>
  __device__ void at(index_t i, index_t j) const {
    const auto g = load<W>(gate.row(i) + j), u = load<W>(up.row(i) + j);
    pack<T, W> out;
    for (int w = 0; w < W; ++w) {
      const float z = number(g.e[w]);
      out.e[w] = static_cast<T>(z / (1 + expf(-z)) * number(u.e[w]));
    }
    store(y.row(i) + j, out);
  }
};

template <class T>
struct gate_gradients {
  tensor_view<const T> gate, up, dy;
  tensor_view<T> dgate, dup;
  template <int W>
  __device__ void at(index_t i, index_t j) const {
    const auto g = load<W>(gate.row(i) + j), u = load<W>(up.row(i) + j), gradient = load<W>(dy.row(i) + j);
    pack<T, W> to_gate, to_up;
    for (int w = 0; w < W; ++w) {
      const float z = number(g.e[w]), dz = number(gradient.e[w]);
      const float sigmoid = 1 / (1 + expf(-z));
      to_up.e[w] = static_cast<T>(dz * z * sigmoid);
      to_gate.e[w] = static_cast<T>(dz * number(u.e[w]) * sigmoid * (1 + z * (1 - sigmoid)));
    }
    store(dgate.row(i) + j, to_gate);
    store(dup.row(i) + j, to_up);
  }
};

}  // namespace gpu

template <class Real>
void swiglu_forward(basic_cuda<Real>& d, const_view<basic_cuda<Real>> gate, const_view<basic_cuda<Real>> up,
                    view<basic_cuda<Real>> y) {
  constexpr int w = gpu::elements_at_once<Real>;
  gpu::each_element<w>(d, "swiglu_forward", y, gpu::packs<w>(gate) && gpu::packs<w>(up) && gpu::packs<w>(y),
                       gpu::gate_elements<Real>{gate, up, y});
}

template <class Real>
void swiglu_backward(basic_cuda<Real>& d, const_view<basic_cuda<Real>> gate, const_view<basic_cuda<Real>> up,
                     const_view<basic_cuda<Real>> dy, view<basic_cuda<Real>> dgate, view<basic_cuda<Real>> dup) {
  constexpr int w = gpu::elements_at_once<Real>;
  const bool packed =
      gpu::packs<w>(gate) && gpu::packs<w>(up) && gpu::packs<w>(dy) && gpu::packs<w>(dgate) && gpu::packs<w>(dup);
  gpu::each_element<w>(d, "swiglu_backward", dy, packed, gpu::gate_gradients<Real>{gate, up, dy, dgate, dup});
}

}  // namespace zer0

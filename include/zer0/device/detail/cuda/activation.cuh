// Activations of the cuda device.
#pragma once

#include <zer0/device/activation.hpp>
#include <zer0/device/detail/cuda/parallel.cuh>

namespace zer0 {
namespace gpu {

template <class A, class T>
struct activated_elements {
  tensor_view<const T> x;
  tensor_view<T> y;
  template <int W>
  __device__ void at(index_t i, index_t j) const {
    const auto in = load<W>(x.row(i) + j);
    pack<T, W> out;
    for (int w = 0; w < W; ++w) out.e[w] = static_cast<T>(A::value(number(in.e[w])));
    store(y.row(i) + j, out);
  }
};

template <class A, class T>
struct activation_gradients {
  tensor_view<const T> x, dy;
  tensor_view<T> dx;
  template <int W>
  __device__ void at(index_t i, index_t j) const {
    const auto in = load<W>(x.row(i) + j), gradient = load<W>(dy.row(i) + j);
    pack<T, W> out;
    for (int w = 0; w < W; ++w)
      out.e[w] = static_cast<T>(number(gradient.e[w]) * A::slope(number(in.e[w])));
    store(dx.row(i) + j, out);
  }
};

template <class A, class T>
struct gate_elements {
  tensor_view<const T> gate, up;
  tensor_view<T> y;
  template <int W>
  __device__ void at(index_t i, index_t j) const {
    const auto g = load<W>(gate.row(i) + j), u = load<W>(up.row(i) + j);
    pack<T, W> out;
    for (int w = 0; w < W; ++w)
      out.e[w] = static_cast<T>(A::value(number(g.e[w])) * number(u.e[w]));
    store(y.row(i) + j, out);
  }
};

template <class A, class T>
struct gate_gradients {
  tensor_view<const T> gate, up, dy;
  tensor_view<T> dgate, dup;
  template <int W>
  __device__ void at(index_t i, index_t j) const {
    const auto g = load<W>(gate.row(i) + j), u = load<W>(up.row(i) + j),
               gradient = load<W>(dy.row(i) + j);
    pack<T, W> to_gate, to_up;
    for (int w = 0; w < W; ++w) {
      const float z = number(g.e[w]), dz = number(gradient.e[w]);
      float value, slope;
      zer0::detail::value_and_slope<A>(z, value, slope);
      to_up.e[w] = static_cast<T>(dz * value);
      to_gate.e[w] = static_cast<T>(dz * number(u.e[w]) * slope);
    }
    store(dgate.row(i) + j, to_gate);
    store(dup.row(i) + j, to_up);
  }
};

template <class A, class Real, class T>
void activate_all(basic_cuda<Real>& d, tensor_view<const T> x, tensor_view<T> y) {
  constexpr int w = elements_at_once<T>;
  each_element<w>(d, "activate_forward", y, packs<w>(x) && packs<w>(y),
                  activated_elements<A, T>{x, y});
}
template <class A, class Real, class T>
void activate_all_backward(basic_cuda<Real>& d, tensor_view<const T> x, tensor_view<const T> dy,
                           tensor_view<T> dx) {
  constexpr int w = elements_at_once<T>;
  each_element<w>(d, "activate_backward", dx, packs<w>(x) && packs<w>(dy) && packs<w>(dx),
                  activation_gradients<A, T>{x, dy, dx});
}

}  // namespace gpu

template <class Real, activation A>
void activate_forward(basic_cuda<Real>& d, A, const_view<basic_cuda<Real>> x,
                      view<basic_cuda<Real>> y) {
  gpu::activate_all<A>(d, x, y);
}
template <class Real, activation A>
void activate_backward(basic_cuda<Real>& d, A, const_view<basic_cuda<Real>> x,
                       const_view<basic_cuda<Real>> dy, view<basic_cuda<Real>> dx) {
  gpu::activate_all_backward<A>(d, x, dy, dx);
}
template <class Real, activation A>
requires(!std::same_as<Real, wide<Real>>)
void activate_forward(basic_cuda<Real>& d, A, const_wide_view<basic_cuda<Real>> x,
                      wide_view<basic_cuda<Real>> y) {
  gpu::activate_all<A>(d, x, y);
}
template <class Real, activation A>
requires(!std::same_as<Real, wide<Real>>)
void activate_backward(basic_cuda<Real>& d, A, const_wide_view<basic_cuda<Real>> x,
                       const_wide_view<basic_cuda<Real>> dy, wide_view<basic_cuda<Real>> dx) {
  gpu::activate_all_backward<A>(d, x, dy, dx);
}

template <class Real, activation A>
void gate_forward(basic_cuda<Real>& d, A, const gate_forward_operands<basic_cuda<Real>>& of) {
  using namespace gpu;
  constexpr int w = elements_at_once<Real>;
  const bool packed = packs<w>(of.gate) && packs<w>(of.up) && packs<w>(of.y);
  each_element<w>(d, "gate_forward", of.y, packed, gate_elements<A, Real>{of.gate, of.up, of.y});
}

template <class Real, activation A>
void gate_backward(basic_cuda<Real>& d, A, const gate_backward_operands<basic_cuda<Real>>& of) {
  using namespace gpu;
  constexpr int w = elements_at_once<Real>;
  const bool packed = packs<w>(of.gate) && packs<w>(of.up) && packs<w>(of.dy) &&
                      packs<w>(of.dgate) && packs<w>(of.dup);
  each_element<w>(d, "gate_backward", of.dy, packed,
                  gate_gradients<A, Real>{of.gate, of.up, of.dy, of.dgate, of.dup});
}

}  // namespace zer0

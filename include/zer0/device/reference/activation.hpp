// Activations of the reference device.
#pragma once

#include <zer0/device/activation.hpp>
#include <zer0/device/host_instances.hpp>
#include <zer0/device/reference/elements.hpp>

namespace zer0 {

template <activation A>
void activate_forward(reference&, A, tensor_view<const double> x, tensor_view<double> y) {
  detail::for_each(y, [&](double& e, index_t i, index_t j) { e = A::value(x(i, j)); });
}

template <activation A>
void activate_backward(reference&, A, tensor_view<const double> x, tensor_view<const double> dy,
                       tensor_view<double> dx) {
  detail::for_each(dx, [&](double& e, index_t i, index_t j) { e = dy(i, j) * A::slope(x(i, j)); });
}

template <activation A>
void gate_forward(reference&, A, tensor_view<const double> gate, tensor_view<const double> up, tensor_view<double> y) {
  detail::for_each(y, [&](double& e, index_t i, index_t j) { e = A::value(gate(i, j)) * up(i, j); });
}

template <activation A>
void gate_backward(reference&, A, tensor_view<const double> gate, tensor_view<const double> up,
                   tensor_view<const double> dy, tensor_view<double> dgate, tensor_view<double> dup) {
  for (index_t i = 0; i < dy.rows; ++i)
    for (index_t j = 0; j < dy.cols; ++j) {
      const double to_gate = dy(i, j) * up(i, j) * A::slope(gate(i, j));
      dup(i, j) = dy(i, j) * A::value(gate(i, j));
      dgate(i, j) = to_gate;
    }
}

#ifdef ZER0_COMPILED
ZER0_INSTANCES_OF_ACTIVATIONS(extern, reference)
#endif

}  // namespace zer0

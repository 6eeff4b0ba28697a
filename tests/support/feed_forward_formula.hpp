// Feed-forwards written as loops over the weights in their order, to hold layers against.
#pragma once

#include "support/lone_layer.hpp"

namespace support {

/// y[i] = sum over j of w[first + i*cols + j] x[j]
inline std::vector<double> product(const std::vector<double>& w, index_t first, index_t rows,
                                   const std::vector<double>& x) {
  std::vector<double> y(static_cast<std::size_t>(rows), 0.0);
  for (std::size_t i = 0; i < y.size(); ++i)
    for (std::size_t j = 0; j < x.size(); ++j)
      y[i] += w[static_cast<std::size_t>(first) + i * x.size() + j] * x[j];
  return y;
}

/// W_down (f(W_gate x) * W_up x), weights in the order gate, up, down; of one token.
template <class F>
std::vector<double> gated_formula(const std::vector<double>& w, index_t width, index_t hidden,
                                  const std::vector<double>& x, F f) {
  std::vector<double> gate = product(w, 0, hidden, x);
  const std::vector<double> up = product(w, hidden * width, hidden, x);
  for (std::size_t i = 0; i < gate.size(); ++i) gate[i] = f(gate[i]) * up[i];
  return product(w, 2 * hidden * width, width, gate);
}

/// W_down f(W_up x), weights in the order up, down; of one token.
template <class F>
std::vector<double> mlp_formula(const std::vector<double>& w, index_t width, index_t hidden,
                                const std::vector<double>& x, F f) {
  std::vector<double> h = product(w, 0, hidden, x);
  for (double& z : h) z = f(z);
  return product(w, hidden * width, width, h);
}

}  // namespace support

#include "support/feed_forward_formula.hpp"
#include "support/layer_contract.hpp"
#include <zer0/layer/gelu_mlp.hpp>

using namespace zer0;

namespace {
const dims sizes{.dim = 24, .n_heads = 4, .hidden_dim = 37, .dropout = 0.2};
}

TEST_CASE("gelu_mlp: keeps the layer contract", "[layer][gelu_mlp]") { support::layer_contract<gelu_mlp>(sizes); }

TEST_CASE("gelu_mlp: is the formula with both biases", "[layer][gelu_mlp]") {
  support::lone_layer<gelu_mlp, reference> layer(sizes);
  const auto w = layer.weight_values();  // W_up (37,24), b_up (37), W_down (24,37), b_down (24)
  const auto x = support::normal_numbers(24, 1);
  std::vector<double> h = support::product(w, 0, 37, x);
  for (std::size_t i = 0; i < h.size(); ++i) {
    const double z = h[i] + w[37 * 24 + i];
    h[i] = 0.5 * z * (1 + std::tanh(0.7978845608028654 * (z + 0.044715 * z * z * z)));
  }
  std::vector<double> y = support::product(w, 37 * 24 + 37, 24, h);
  for (std::size_t i = 0; i < y.size(); ++i) y[i] += w[w.size() - 24 + i];
  CHECK(support::difference(layer.forward(x, {1}), y) < 1e-13);
}

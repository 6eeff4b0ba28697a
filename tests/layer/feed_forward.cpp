#include "support/feed_forward_formula.hpp"
#include "support/layer_contract.hpp"
#include <zer0/layer/feed_forward.hpp>

using namespace zer0;

namespace {
const dims sizes{.dim = 24, .n_heads = 4, .hidden_dim = 37, .dropout = 0.2};
}

TEST_CASE("mlp: keeps the layer contract", "[layer][feed_forward]") {
  support::layer_contract<mlp<gelu>>(sizes);
}

TEST_CASE("mlp: is the formula, and its parts have names", "[layer][feed_forward]") {
  support::lone_layer<mlp<sigmoid>, reference> layer(sizes);
  const auto x = support::normal_numbers(24, 1);
  const auto expected = support::mlp_formula(layer.weight_values(), 24, 37, x,
                                             [](double z) { return 1 / (1 + std::exp(-z)); });
  CHECK(support::difference(layer.forward(x, {1}), expected) < 1e-13);
  std::vector<std::string> names;
  for (const auto& p : layer.parameters()) names.push_back(p.value->parts[0].name);
  CHECK(names == std::vector<std::string>{"up_proj.weight", "down_proj.weight"});
}

TEST_CASE("swiglu: keeps the layer contract", "[layer][feed_forward]") {
  support::layer_contract<swiglu>(sizes);
}

TEST_CASE("geglu: keeps the layer contract", "[layer][feed_forward]") {
  support::layer_contract<geglu>(sizes);
}

TEST_CASE("geglu: is the formula, by tanh or exact", "[layer][feed_forward]") {
  const auto x = support::normal_numbers(24, 1);
  const auto check = [&]<class Policy>(Policy, auto gelu_of) {
    support::lone_layer<Policy, reference> layer(sizes);
    const auto expected = support::gated_formula(layer.weight_values(), 24, 37, x, gelu_of);
    CHECK(support::difference(layer.forward(x, {1}), expected) < 1e-13);
  };
  check(geglu(), [](double z) {
    return 0.5 * z * (1 + std::tanh(0.7978845608028654 * (z + 0.044715 * z * z * z)));
  });
  check(gated<gelu>(), [](double z) { return 0.5 * z * std::erfc(-z / std::sqrt(2.0)); });
}

TEST_CASE("gelu_mlp: keeps the layer contract", "[layer][feed_forward]") {
  support::layer_contract<gelu_mlp>(sizes);
}

TEST_CASE("gelu_mlp: is the formula with both biases", "[layer][feed_forward]") {
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

TEST_CASE("relu_squared_mlp: keeps the layer contract", "[layer][feed_forward]") {
  support::layer_contract<relu_squared_mlp>(sizes);
}

TEST_CASE("relu_squared_mlp: is the formula", "[layer][feed_forward]") {
  support::lone_layer<relu_squared_mlp, reference> layer(sizes);
  const auto x = support::normal_numbers(24, 1);
  const auto expected = support::mlp_formula(layer.weight_values(), 24, 37, x,
                                             [](double z) { return z > 0 ? z * z : 0; });
  CHECK(support::difference(layer.forward(x, {1}), expected) < 1e-13);
}

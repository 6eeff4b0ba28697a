#include "support/feed_forward_formula.hpp"
#include "support/layer_contract.hpp"
#include <zer0/layer/relu_squared_mlp.hpp>

using namespace zer0;

namespace {
const dims sizes{.dim = 24, .n_heads = 4, .hidden_dim = 37, .dropout = 0.2};
}

TEST_CASE("relu_squared_mlp: keeps the layer contract", "[layer][relu_squared_mlp]") {
  support::layer_contract<relu_squared_mlp>(sizes);
}

TEST_CASE("relu_squared_mlp: is the formula", "[layer][relu_squared_mlp]") {
  support::lone_layer<relu_squared_mlp, reference> layer(sizes);
  const auto x = support::normal_numbers(24, 1);
  const auto expected =
      support::mlp_formula(layer.weight_values(), 24, 37, x, [](double z) { return z > 0 ? z * z : 0; });
  CHECK(support::difference(layer.forward(x, {1}), expected) < 1e-13);
}

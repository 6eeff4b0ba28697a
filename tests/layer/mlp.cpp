#include "support/feed_forward_formula.hpp"
#include "support/layer_contract.hpp"
#include <zer0/layer/mlp.hpp>

using namespace zer0;

namespace {
const dims sizes{.dim = 24, .n_heads = 4, .hidden_dim = 37, .dropout = 0.2};
}

TEST_CASE("mlp: keeps the layer contract", "[layer][mlp]") { support::layer_contract<mlp<gelu>>(sizes); }

TEST_CASE("mlp: is the formula, and its parts have names", "[layer][mlp]") {
  support::lone_layer<mlp<sigmoid>, reference> layer(sizes);
  const auto x = support::normal_numbers(24, 1);
  const auto expected =
      support::mlp_formula(layer.weight_values(), 24, 37, x, [](double z) { return 1 / (1 + std::exp(-z)); });
  CHECK(support::difference(layer.forward(x, {1}), expected) < 1e-13);
  std::vector<std::string> names;
  for (const auto& p : layer.parameters()) names.push_back(p.value->parts[0].name);
  CHECK(names == std::vector<std::string>{"up_proj.weight", "down_proj.weight"});
}

#include "support/feed_forward_formula.hpp"
#include "support/layer_contract.hpp"
#include <zer0/layer/geglu.hpp>

using namespace zer0;

namespace {
const dims sizes{.dim = 24, .n_heads = 4, .hidden_dim = 37, .dropout = 0.2};
}

TEST_CASE("geglu: keeps the layer contract", "[layer][geglu]") { support::layer_contract<geglu>(sizes); }

TEST_CASE("geglu: is the formula, by tanh or exact", "[layer][geglu]") {
  const auto x = support::normal_numbers(24, 1);
  const auto check = [&]<class Policy>(Policy, auto gelu_of) {
    support::lone_layer<Policy, reference> layer(sizes);
    const auto expected = support::gated_formula(layer.weight_values(), 24, 37, x, gelu_of);
    CHECK(support::difference(layer.forward(x, {1}), expected) < 1e-13);
  };
  check(geglu(), [](double z) { return 0.5 * z * (1 + std::tanh(0.7978845608028654 * (z + 0.044715 * z * z * z))); });
  check(gated<gelu>(), [](double z) { return 0.5 * z * std::erfc(-z / std::sqrt(2.0)); });
}

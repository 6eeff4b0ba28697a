#include "support/layer_contract.hpp"
#include <zer0/layer/linear.hpp>

using namespace zer0;

namespace {

/// Two outputs side by side, as a fused projection has them, in the form of a policy.
struct two_outputs {
  using role = feed_forward_role;
  template <device Device>
  struct layer : linear::layer<Device> {
    explicit layer(const dims& sizes)
        : linear::layer<Device>(sizes, {{"a", sizes.dim - 7}, {"b", 7}}, sizes.dim) {}
  };
};

}  // namespace

TEST_CASE("linear: keeps the layer contract", "[layer][linear]") {
  support::layer_contract<two_outputs>({.dim = 24, .n_heads = 4});
}

TEST_CASE("linear: y = x W^T with the parts of W one below the other", "[layer][linear]") {
  support::lone_layer<two_outputs, reference> layer({.dim = 8, .n_heads = 4});
  const auto w = layer.weight_values();
  REQUIRE(w.size() == 64);
  const auto x = support::normal_numbers(8, 5);
  const auto y = layer.forward(x, {1});
  for (std::size_t i = 0; i < 8; ++i) {
    double expected = 0;
    for (std::size_t j = 0; j < 8; ++j) expected += w[i * 8 + j] * x[j];
    CHECK(y[i] == Catch::Detail::Approx(expected));
  }
  const auto& p = *layer.parameters().begin()->value;
  CHECK(p.parts[0].name == "a.weight");
  CHECK(p.parts[0].rows == 1);
  CHECK(p.parts[1].rows == 7);
}

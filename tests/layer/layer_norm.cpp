#include "support/layer_contract.hpp"
#include <zer0/layer/layer_norm.hpp>

using namespace zer0;

namespace {
const dims sizes{.dim = 24, .n_heads = 4, .norm_eps = 1e-5, .dropout = 0.2};
}

TEST_CASE("layer_norm: keeps the layer contract", "[layer][layer_norm]") {
  support::layer_contract<layer_norm>(sizes);
}

TEST_CASE("layer_norm: rows have mean 0 and variance 1 before weight and bias",
          "[layer][layer_norm]") {
  support::lone_layer<layer_norm, reference> layer(sizes);
  const auto w = layer.weight_values();
  const auto y = layer.forward(support::normal_numbers(2 * 24, 1, 3, 5), {2});
  for (std::size_t row = 0; row < 2; ++row) {
    double sum = 0, squares = 0;
    for (std::size_t j = 0; j < 24; ++j) {
      const double z = (y[row * 24 + j] - w[24 + j]) / w[j];  // the weight comes before the bias
      sum += z;
      squares += z * z;
    }
    CHECK(std::abs(sum) < 1e-12);
    CHECK(squares / 24 == Catch::Detail::Approx(1).epsilon(1e-5));
  }
}

TEST_CASE("layer_norm: a model of it begins with weights 1 and biases 0", "[layer][layer_norm]") {
  support::lone_layer<layer_norm, reference> layer(sizes);
  std::vector<std::pair<std::string, double>> means;
  for (const auto& p : layer.parameters()) {
    means.emplace_back(p.value->parts[0].name, p.value->initial.mean);
    CHECK(p.value->initial.deviation == 0);
    CHECK(p.value->kind == parameter_kind::vector);
  }
  CHECK(means == std::vector<std::pair<std::string, double>>{{"weight", 1}, {"bias", 0}});
}

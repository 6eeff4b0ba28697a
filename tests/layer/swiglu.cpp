#include "support/layer_contract.hpp"
#include <zer0/layer/swiglu.hpp>

TEST_CASE("swiglu: keeps the layer contract", "[layer][swiglu]") {
  support::layer_contract<zer0::swiglu>({.dim = 24, .n_heads = 4, .hidden_dim = 37, .dropout = 0.2});
}

#include "support/layer_contract.hpp"
#include <zer0/layer/rms_norm.hpp>

TEST_CASE("rms_norm: keeps the layer contract", "[layer][rms_norm]") {
  support::layer_contract<zer0::rms_norm>(
      {.dim = 24, .n_heads = 4, .norm_eps = 1e-5, .dropout = 0.2});
}

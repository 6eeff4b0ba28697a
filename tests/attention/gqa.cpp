#include "support/layer_contract.hpp"
#include <zer0/attention/gqa.hpp>

using namespace zer0;

// H = K is multi-head attention, K = 1 multi-query.
TEST_CASE("gqa: keeps the layer contract with fewer key/value heads", "[attention][gqa]") {
  support::layer_contract<gqa<rope, flash>>({.dim = 24, .n_heads = 4, .n_kv_heads = 2, .dropout = 0.2});
}
TEST_CASE("gqa: keeps the layer contract with as many key/value heads, standard kernel", "[attention][gqa]") {
  support::layer_contract<gqa<rope, standard>>({.dim = 24, .n_heads = 4, .dropout = 0.2});
}
TEST_CASE("gqa: keeps the layer contract with one key/value head, half-split pairs", "[attention][gqa]") {
  support::layer_contract<gqa<rope_half_split, flash>>({.dim = 24, .n_heads = 6, .n_kv_heads = 1, .dropout = 0.2});
}
TEST_CASE("gqa: keeps the layer contract with heads wider than dim / heads", "[attention][gqa]") {
  support::layer_contract<gqa<rope_half_split, standard>>(
      {.dim = 24, .n_heads = 4, .n_kv_heads = 2, .head_dim = 10, .dropout = 0.2});
}

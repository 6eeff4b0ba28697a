#include "support/attention_definition.hpp"
#include "support/layer_contract.hpp"
#include <zer0/attention/gqa.hpp>

#include <concepts>
#include <tuple>

using namespace zer0;

// Policies may come in any order, and default to rope and flash.
static_assert(std::same_as<gqa<standard_attention, rope_half_split>::position, rope_half_split>);
static_assert(std::same_as<gqa<standard_attention, rope_half_split>::kernel, standard_attention>);
static_assert(std::same_as<gqa<standard_attention>::position, rope>);
static_assert(std::same_as<gqa<rope_half_split>::kernel, flash>);

namespace {

using variants = std::tuple<gqa<rope, flash>, gqa<rope, standard_attention>,
                            gqa<rope_half_split, flash>, gqa<rope_half_split, standard_attention>>;

/// H = 4. K = 4 is multi-head attention, K = 1 multi-query.
dims with_kv_heads(index_t kv_heads) {
  return {.dim = 24,
          .n_heads = 4,
          .n_kv_heads = kv_heads,
          .max_seq_len = 256,
          .rope_theta = 50,
          .dropout = 0.2};
}

}  // namespace

TEMPLATE_LIST_TEST_CASE("gqa: keeps the layer contract with one, two and all key/value heads",
                        "[attention][gqa]", variants) {
  const index_t kv_heads = GENERATE(1, 2, 4);
  CAPTURE(kv_heads);
  dims sizes = with_kv_heads(kv_heads);
  if (kv_heads == 2) sizes.head_dim = 10;  // wider than dim / heads
  support::layer_contract<TestType>(sizes);
}

TEMPLATE_LIST_TEST_CASE(
    "gqa: computes softmax(q k / sqrt(C)) v of the heads that share a key, on every device",
    "[attention][gqa]", variants) {
  for (const index_t kv_heads : {1, 2, 4})
    for (const index_t head_dim : {0, 10}) {
      INFO("kv_heads " << kv_heads << ", head_dim " << head_dim);
      dims sizes = with_kv_heads(kv_heads);
      sizes.head_dim = head_dim;
      support::on_all_devices([&]<class D>(std::type_identity<D>) {
        support::computes_its_definition<TestType, D>(sizes);
      });
    }
}

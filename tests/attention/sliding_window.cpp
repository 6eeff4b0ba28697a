#include "support/attention_definition.hpp"
#include "support/layer_contract.hpp"
#include <zer0/attention/gqa.hpp>
#include <zer0/attention/sliding_window.hpp>

using namespace zer0;

namespace {

dims with_window(index_t window) {
  return {.dim = 24,
          .n_heads = 4,
          .n_kv_heads = 2,
          .max_seq_len = 256,
          .rope_theta = 50,
          .sliding_window = window,
          .dropout = 0.2};
}

}  // namespace

TEMPLATE_TEST_CASE("sliding_window: gqa keeps the layer contract, the cache too", "[attention][sliding_window]",
                   (gqa<sliding_window>), (gqa<sliding_window, standard>)) {
  const index_t window = GENERATE(1, 7, 66);
  CAPTURE(window);
  support::layer_contract<TestType>(with_window(window));
}

TEMPLATE_TEST_CASE("sliding_window: a query sees the last keys and no older one, on every device",
                   "[attention][sliding_window]", (gqa<sliding_window>), (gqa<sliding_window, standard>)) {
  for (const index_t window : {1, 4, 100})
    support::on_all_devices([&]<class D>(std::type_identity<D>) {
      INFO("window " << window);
      support::computes_its_definition<TestType, D>(with_window(window), [&](support::attention_definition& a) {
        a.sees = [&](index_t token, index_t older) { return token - older < window; };
      });
    });
}

TEST_CASE("sliding_window: without a width it is refused, by name", "[attention][sliding_window]") {
  CHECK_THROWS_WITH((layer_of<gqa<sliding_window>, reference>({.dim = 24, .n_heads = 4})),
                    support::contains("dims::sliding_window is 0"));
}

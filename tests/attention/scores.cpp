#include "support/attention_definition.hpp"
#include "support/layer_contract.hpp"
#include <zer0/attention/gqa.hpp>
#include <zer0/attention/scores.hpp>

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

dims with_cap(double cap) {
  return {.dim = 24,
          .n_heads = 4,
          .n_kv_heads = 2,
          .max_seq_len = 256,
          .rope_theta = 50,
          .sliding_window = 9,
          .attn_logit_softcap = cap,
          .dropout = 0.2};
}

}  // namespace

TEMPLATE_TEST_CASE("sliding_window: gqa keeps the layer contract, the cache too",
                   "[attention][scores]", (gqa<sliding_window>),
                   (gqa<sliding_window, standard_attention>)) {
  const index_t window = GENERATE(1, 7, 66);
  CAPTURE(window);
  support::layer_contract<TestType>(with_window(window));
}

TEMPLATE_TEST_CASE("sliding_window: a query sees the last keys and no older one, on every device",
                   "[attention][scores]", (gqa<sliding_window>),
                   (gqa<sliding_window, standard_attention>)) {
  for (const index_t window : {1, 4, 100})
    support::on_all_devices([&]<class D>(std::type_identity<D>) {
      INFO("window " << window);
      support::computes_its_definition<TestType, D>(
          with_window(window), [&](support::attention_definition& a) {
            a.sees = [&](index_t token, index_t older) { return token - older < window; };
          });
    });
}

TEST_CASE("sliding_window: without a width it is refused, by name", "[attention][scores]") {
  CHECK_THROWS_WITH((layer_of<gqa<sliding_window>, reference>({.dim = 24, .n_heads = 4})),
                    support::contains("dims::sliding_window is 0"));
}

TEMPLATE_TEST_CASE("soft_cap: gqa keeps the layer contract, with a window too",
                   "[attention][scores]", (gqa<soft_cap>), (gqa<soft_cap, standard_attention>),
                   (gqa<rope, sliding_window, soft_cap>)) {
  support::layer_contract<TestType>(with_cap(0.8));
}

TEMPLATE_TEST_CASE("soft_cap: scores are cap * tanh(score / cap), on every device",
                   "[attention][scores]", (gqa<soft_cap>), (gqa<soft_cap, standard_attention>)) {
  for (const double cap : {0.3, 5.0})
    support::on_all_devices([&]<class D>(std::type_identity<D>) {
      INFO("cap " << cap);
      support::computes_its_definition<TestType, D>(
          with_cap(cap), [&](support::attention_definition& a) {
            a.score = [&](double score) { return cap * std::tanh(score / cap); };
          });
    });
}

TEST_CASE("soft_cap: without a cap it is refused, by name", "[attention][scores]") {
  CHECK_THROWS_WITH((layer_of<gqa<soft_cap>, reference>({.dim = 24, .n_heads = 4})),
                    support::contains("dims::attn_logit_softcap is 0"));
}

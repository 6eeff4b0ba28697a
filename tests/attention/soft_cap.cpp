#include "support/attention_definition.hpp"
#include "support/layer_contract.hpp"
#include <zer0/attention/gqa.hpp>
#include <zer0/attention/sliding_window.hpp>
#include <zer0/attention/soft_cap.hpp>

using namespace zer0;

namespace {

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

TEMPLATE_TEST_CASE("soft_cap: gqa keeps the layer contract, with a window too", "[attention][soft_cap]",
                   (gqa<soft_cap>), (gqa<soft_cap, standard>), (gqa<rope, sliding_window, soft_cap>)) {
  support::layer_contract<TestType>(with_cap(0.8));
}

TEMPLATE_TEST_CASE("soft_cap: scores are cap * tanh(score / cap), on every device", "[attention][soft_cap]",
                   (gqa<soft_cap>), (gqa<soft_cap, standard>)) {
  for (const double cap : {0.3, 5.0})
    support::on_all_devices([&]<class D>(std::type_identity<D>) {
      INFO("cap " << cap);
      support::computes_its_definition<TestType, D>(with_cap(cap), [&](support::attention_definition& a) {
        a.score = [&](double score) { return cap * std::tanh(score / cap); };
      });
    });
}

TEST_CASE("soft_cap: without a cap it is refused, by name", "[attention][soft_cap]") {
  CHECK_THROWS_WITH((layer_of<gqa<soft_cap>, reference>({.dim = 24, .n_heads = 4})),
                    support::contains("dims::attn_logit_softcap is 0"));
}

#include "support/attention_definition.hpp"
#include "support/layer_contract.hpp"
#include <zer0/attention/gqa.hpp>
#include <zer0/layer/no_position.hpp>

using namespace zer0;

namespace {

const dims sizes{.dim = 24, .n_heads = 4, .n_kv_heads = 2, .max_seq_len = 256, .dropout = 0.2};

}  // namespace

TEST_CASE("no_position: gqa keeps the layer contract", "[layer][no_position]") {
  support::layer_contract<gqa<no_position>>(sizes);
}

TEST_CASE("no_position: queries and keys are not turned, on every device", "[layer][no_position]") {
  support::on_all_devices([]<class D>(std::type_identity<D>) {
    support::computes_its_definition<gqa<no_position>, D>(
        sizes, [](support::attention_definition& a) { a.frequency = [](double, double) { return 0.0; }; });
  });
}

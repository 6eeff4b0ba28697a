#include "support/attention_definition.hpp"
#include "support/catch.hpp"
#include "support/layer_contract.hpp"
#include <zer0/attention/gqa.hpp>
#include <zer0/device/device.hpp>
#include <zer0/layer/rope.hpp>

using namespace zer0;

namespace {

const dims sizes{.dim = 24, .n_heads = 4, .n_kv_heads = 2, .max_seq_len = 256, .dropout = 0.2};

}  // namespace

TEST_CASE("rope: frequencies fall from 1 by powers of theta", "[layer][rope]") {
  rope::layer<archetype> layer({.dim = 16, .n_heads = 2, .rope_theta = 10000});
  parameter_list<float> list;
  layer.parameters(list);
  CHECK(list.elements() == 0);  // nothing to train
  REQUIRE(list.constants().size() == 1);
  const std::vector<double>& f = list.constants()[0]->numbers;
  REQUIRE(f.size() == 4);
  for (std::size_t j = 0; j < 4; ++j)
    CHECK(f[j] == Catch::Detail::Approx(std::pow(10.0, -static_cast<double>(j))));
}

TEST_CASE("rope: a head of odd width is refused, naming it", "[layer][rope]") {
  CHECK_THROWS_WITH(
      rope::layer<archetype>({.dim = 14, .n_heads = 2}),
      support::contains("a head has 7 elements") && support::contains("use an even number"));
}

static_assert(rope::pairing == rope_pairing::interleaved);
static_assert(rope_half_split::pairing == rope_pairing::half_split);

TEST_CASE("no_position: gqa keeps the layer contract", "[layer][rope]") {
  support::layer_contract<gqa<no_position>>(sizes);
}

TEST_CASE("no_position: queries and keys are not turned, on every device", "[layer][rope]") {
  support::on_all_devices([]<class D>(std::type_identity<D>) {
    support::computes_its_definition<gqa<no_position>, D>(
        sizes,
        [](support::attention_definition& a) { a.frequency = [](double, double) { return 0.0; }; });
  });
}

#include "support/catch.hpp"
#include <zer0/device/archetype.hpp>
#include <zer0/layer/rope.hpp>

using namespace zer0;

TEST_CASE("rope: frequencies fall from 1 by powers of theta", "[layer][rope]") {
  rope::layer<archetype> layer({.dim = 16, .n_heads = 2, .rope_theta = 10000});
  parameter_list<float> list;
  layer.parameters(list);
  CHECK(list.elements() == 0);  // nothing to train
  REQUIRE(list.constants().size() == 1);
  const std::vector<double>& f = list.constants()[0]->numbers;
  REQUIRE(f.size() == 4);
  for (std::size_t j = 0; j < 4; ++j) CHECK(f[j] == Catch::Detail::Approx(std::pow(10.0, -static_cast<double>(j))));
}

TEST_CASE("rope: a head of odd width is refused, naming it", "[layer][rope]") {
  CHECK_THROWS_WITH(rope::layer<archetype>({.dim = 14, .n_heads = 2}),
                    support::contains("a head has 7 elements") && support::contains("use an even number"));
}

static_assert(rope::pairing == rope_pairing::interleaved);
static_assert(rope_half_split::pairing == rope_pairing::half_split);

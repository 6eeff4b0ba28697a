#include "support/layer_contract.hpp"
#include <zer0/layer/lora.hpp>

using namespace zer0;

namespace {

/// Three outputs side by side, two of which have a detour, in the form of a policy.
template <class Linear>
struct three_outputs {
  using role = feed_forward_role;
  template <device Device>
  struct layer : Linear::template layer<Device> {
    explicit layer(const dims& sizes)
        : Linear::template layer<Device>(sizes, {{"a", sizes.dim - 9}, {"b", 5}, {"c", 4}},
                                         sizes.dim) {}
  };
};

using adapted_outputs = three_outputs<lora<projections<"a", "c">>>;
const dims sizes{
    .dim = 24, .n_heads = 4, .dropout = 0.2, .lora = {.rank = 3, .alpha = 5, .dropout = 0.3}};

dims with_rank(index_t rank) {
  dims d = sizes;
  d.lora.rank = rank;
  return d;
}

}  // namespace

TEST_CASE("lora: keeps the layer contract", "[layer][lora]") {
  support::layer_contract<adapted_outputs>(sizes);
}

TEST_CASE("lora: adds alpha / r B A x to the outputs of its set", "[layer][lora]") {
  support::lone_layer<adapted_outputs, reference> layer(sizes);
  std::vector<std::vector<double>> w;
  std::vector<std::string> names;
  for (const auto& [path, p] : layer.parameters()) {
    const std::span<const double> values(p->value.data, static_cast<std::size_t>(p->elements()));
    w.emplace_back(values.begin(), values.end());
    for (const auto& part : p->parts) names.push_back(part.name);
  }
  CHECK(names == std::vector<std::string>{"a.weight", "b.weight", "c.weight", "a.lora_A.weight",
                                          "c.lora_A.weight", "a.lora_B.weight", "c.lora_B.weight"});
  REQUIRE(w.size() == 4);
  const auto x = support::normal_numbers(24, 5);
  const auto y = layer.forward(x, {1});
  const auto dot = [&](const std::vector<double>& m, std::size_t row,
                       const std::vector<double>& v) {
    double sum = 0;
    for (std::size_t j = 0; j < v.size(); ++j) sum += m[row * v.size() + j] * v[j];
    return sum;
  };
  for (std::size_t i = 0; i < 24; ++i) {
    const std::size_t detour = i < 15 ? 0 : 1;
    double expected = dot(w[0], i, x);
    if (i < 15 || i >= 20) {
      std::vector<double> h;
      for (std::size_t r = 0; r < 3; ++r) h.push_back(dot(w[1], 3 * detour + r, x));
      expected += 5.0 / 3 * dot(w[2 + detour], i < 15 ? i : i - 20, h);
    }
    CHECK(y[i] == Catch::Detail::Approx(expected).epsilon(1e-12));
  }
}

TEST_CASE("lora: without rank it is its base, which is trained then", "[layer][lora]") {
  support::lone_layer<three_outputs<lora<all_projections>>, support::float_device> none(
      with_rank(0));
  support::lone_layer<three_outputs<linear>, support::float_device> base(sizes);
  const auto x = support::normal_numbers(24 * 6, 5);
  const auto dy = support::normal_numbers(24 * 6, 6);
  const auto actual = none.both(x, dy, {6});
  const auto expected = base.both(x, dy, {6});
  CHECK(actual.y == expected.y);
  CHECK(actual.dx == expected.dx);
  CHECK(actual.dweights == expected.dweights);
}

TEST_CASE("lora: sets of projections hold what they say", "[layer][lora]") {
  const parameter_part q{"q_proj", 24}, k{"k_proj", 12};
  const auto held = [&]<class Set>(Set, const std::string& listed = "") {
    dims d = sizes;
    d.lora.projections = listed;
    return std::pair(Set::holds(d, q, 24), Set::holds(d, k, 24));
  };
  CHECK(held(query_value_projections()) == std::pair(true, false));
  CHECK(held(attention_projections()) == std::pair(true, true));
  CHECK(held(projections<"k_proj">()) == std::pair(false, true));
  CHECK(held(all_projections()) == std::pair(true, true));
  CHECK(held(square_projections()) == std::pair(true, false));
  CHECK(held(listed_projections(), "v_proj k_proj") == std::pair(false, true));
  CHECK(held(listed_projections(), "square") == std::pair(true, false));
  CHECK(held(listed_projections(), "all") == std::pair(true, true));
}

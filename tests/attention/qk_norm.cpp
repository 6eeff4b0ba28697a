#include "support/attention_definition.hpp"
#include "support/layer_contract.hpp"
#include <zer0/attention/gqa.hpp>
#include <zer0/attention/qk_norm.hpp>

using namespace zer0;

namespace {

using numbers = std::vector<double>;

dims sizes_of(index_t kv_heads) {
  return {.dim = 24,
          .n_heads = 4,
          .n_kv_heads = kv_heads,
          .head_dim = 8,
          .max_seq_len = 256,
          .rope_theta = 50,
          .norm_eps = 1e-3,
          .dropout = 0.2};
}

numbers normed(numbers x, const double* weight, double eps) {
  double squares = 0;
  for (const double e : x) squares += e * e;
  const double root = std::sqrt(squares / static_cast<double>(x.size()) + eps);
  for (std::size_t j = 0; j < x.size(); ++j) x[j] *= weight[j] / root;
  return x;
}

}  // namespace

TEMPLATE_TEST_CASE("qk_norm: gqa keeps the layer contract", "[attention][qk_norm]", (gqa<qk_norm>),
                   (gqa<qk_norm, standard_attention, rope_half_split>)) {
  const index_t kv_heads = GENERATE(1, 2);
  support::layer_contract<TestType>(sizes_of(kv_heads));
}

TEMPLATE_TEST_CASE(
    "qk_norm: each head of queries and keys is normed before it is turned, on every device",
    "[attention][qk_norm]", (gqa<qk_norm>), (gqa<qk_norm, rope_half_split>)) {
  support::on_all_devices([&]<class D>(std::type_identity<D>) {
    support::computes_its_definition<TestType, D>(
        sizes_of(2), [&](support::attention_definition& a) {
          REQUIRE(a.rest.size() == 16);
          a.query = [&a](numbers head) { return normed(std::move(head), a.rest.data(), 1e-3); };
          a.key = [&a](numbers head) { return normed(std::move(head), a.rest.data() + 8, 1e-3); };
        });
  });
}

TEST_CASE("qk_norm: parameters are named, shaped and ordered as in files", "[attention][qk_norm]") {
  const auto names = []<class Policy>(std::type_identity<Policy>) {
    layer_of<Policy, reference> layer(sizes_of(2));
    parameter_list<double> list;
    layer.parameters(list);
    std::string text;
    for (const auto& entry : list)
      for (const parameter_part& part : entry.value->parts)
        if (entry.value->kind == parameter_kind::vector)
          text += part.name + " " + std::to_string(part.rows) + " " +
                  std::to_string(part.interleaved_heads) + "; ";
    return text;
  };
  CHECK(names(std::type_identity<gqa<qk_norm>>()) == "q_norm.weight 8 1; k_norm.weight 8 1; ");
  CHECK(names(std::type_identity<gqa<qk_norm, rope_half_split>>()) ==
        "q_norm.weight 8 0; k_norm.weight 8 0; ");
}

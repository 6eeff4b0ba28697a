#include "support/catch.hpp"
#include "support/devices.hpp"
#include "support/family_check.hpp"
#include "support/small_model.hpp"
#include <zer0/layer/biased.hpp>
#include <zer0/layer/lora.hpp>
#include <zer0/model/adapted.hpp>
#include <zer0/model/block.hpp>

using namespace zer0;
using support::small_dims;
using support::small_model;

namespace {

using some = decoder<gqa<biased<projections<"k_proj", "o_proj">>>>;
using all = decoder<gqa<rope_half_split, biased<>>, gated<silu, biased<>>>;

}  // namespace

TEMPLATE_TEST_CASE("biased: gradients are those of the loss", "[layer][biased]", some, all,
                   (adapted<all>), (decoder<gqa<lora<query_value_projections, biased<>>>>)) {
  dims sizes = small_dims;
  support::check_family_gradient<TestType>(sizes);
}

TEMPLATE_TEST_CASE("biased: the device agrees with reference", "[layer][biased]", some, all) {
  small_model<TestType, reference> judge;
  small_model<TestType, support::float_device> judged;
  const double expected = judge.loss_and_gradients(support::small_batch());
  CHECK(judged.loss_and_gradients(support::small_batch()) == Catch::Approx(expected).epsilon(5e-6));
  CHECK(support::difference(judged.gradient_values(), judge.gradient_values()) < 3e-5);
}

TEST_CASE("biased: the chosen projections have a bias of their name, and it is added",
          "[layer][biased]") {
  small_model<some, reference> m;
  index_t biases = 0;
  for (const auto& [path, p] : m.model.parameters())
    if (p->parts.front().name.ends_with(".bias")) {
      CHECK((p->parts.front().name == "k_proj.bias" || p->parts.front().name == "o_proj.bias"));
      CHECK(p->kind == parameter_kind::vector);
      biases += p->elements();
    }
  CHECK(biases ==
        small_dims.n_layers * (small_dims.kv_heads() * small_dims.head_size() + small_dims.dim));

  // With biases of zero it is the linear without.
  small_model<decoder<>, reference> plain;
  m.model.initialize(3);
  plain.model.initialize(3);
  for (const auto& [path, p] : m.model.parameters()) {
    for (const auto& [other_path, other] : plain.model.parameters())
      if (path == other_path && p->parts.front().name == other->parts.front().name)
        copy(m.model.device(), tensor_view<const double>(other->value), p->value);
  }
  CHECK(m.loss(support::small_batch()) == plain.loss(support::small_batch()));
  for (const auto& [path, p] : m.model.parameters())
    if (p->parts.front().name == "o_proj.bias") fill(m.model.device(), p->value, 0.5);
  CHECK(m.loss(support::small_batch()) != plain.loss(support::small_batch()));
}

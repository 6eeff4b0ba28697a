// Whole models with norms in other places, other norms and other feed-forwards.
#include "support/catch.hpp"
#include "support/devices.hpp"
#include "support/small_model.hpp"
#include <zer0/layer/feed_forward.hpp>
#include <zer0/layer/layer_norm.hpp>
#include <zer0/layer/placement/post_norm.hpp>
#include <zer0/layer/placement/sandwich.hpp>
#include <zer0/model/block.hpp>
#include <zer0/testing/gradient_check.hpp>

#include <tuple>

using namespace zer0;
using support::small_batch;
using support::small_dims;
using support::small_model;

namespace {

using original = decoder<post_norm, layer_norm, relu_squared_mlp>;
using gemma = decoder<sandwich, geglu>;
using gpt = decoder<pre_norm, layer_norm, gelu_mlp>;
using variants = std::tuple<original, gemma, gpt>;

dims with_dropout() {
  dims sizes = small_dims;
  sizes.dropout = 0.2;
  return sizes;
}

template <class Variant>
std::vector<std::string> norms_of_a_block() {
  dims one = small_dims;
  one.n_layers = 1;
  const model<Variant, reference> m(one);
  std::vector<std::string> names;
  for (const auto& p : m.parameters())
    if (p.path.find("norm") != std::string::npos) names.push_back(p.path + p.value->parts[0].name);
  return names;
}

}  // namespace

TEMPLATE_LIST_TEST_CASE("placement: the gradient of every weight of a model is that of the loss",
                        "[model][placement]", variants) {
  for (const dims& sizes : {small_dims, with_dropout()}) {
    INFO("dropout " << sizes.dropout);
    small_model<TestType, reference> m(sizes);
    m.training = true;
    const token_batch batch = small_batch();
    m.loss_and_gradients(batch);
    const auto report = check_gradient(
        m.model.device(), m.model.weights(), std::span<const double>(m.model.gradients()),
        [&] { return m.loss(batch); }, {.coordinates = 100, .directions = 10});
    INFO(report.text());
    CHECK(report.worst < 1e-7);
  }
}

TEMPLATE_LIST_TEST_CASE(
    "placement: the device gives the loss and the gradients of reference, also recomputed",
    "[model][placement]", variants) {
  small_model<TestType, reference> judge(with_dropout());
  small_model<TestType, support::float_device> m(with_dropout());
  small_model<decoder<recompute<>, typename TestType::placement, typename TestType::norm,
                      typename TestType::feed_forward>,
              support::float_device>
      again(with_dropout());
  judge.training = m.training = again.training = true;
  const token_batch batch = small_batch();
  const double expected = judge.loss_and_gradients(batch), actual = m.loss_and_gradients(batch);
  CHECK(std::abs(actual - expected) < 1e-5 * std::abs(expected));
  CHECK(support::difference(m.gradient_values(), judge.gradient_values()) < 1e-4);
  CHECK(again.loss_and_gradients(batch) == actual);
  const bool same = again.gradient_values() == m.gradient_values();
  CHECK(same);
}

TEST_CASE("placement: post_norm has no norm after the last block, sandwich two norms a branch",
          "[model][placement]") {
  const std::string layer = "model.layers.0.";
  CHECK(norms_of_a_block<decoder<>>() ==
        std::vector<std::string>{layer + "input_layernorm.weight",
                                 layer + "post_attention_layernorm.weight", "model.norm.weight"});
  CHECK(norms_of_a_block<decoder<post_norm>>() ==
        std::vector<std::string>{layer + "input_layernorm.weight",
                                 layer + "post_attention_layernorm.weight"});
  CHECK(norms_of_a_block<decoder<sandwich>>() ==
        std::vector<std::string>{layer + "input_layernorm.weight",
                                 layer + "self_attn_layernorm.weight",
                                 layer + "post_attention_layernorm.weight",
                                 layer + "mlp_layernorm.weight", "model.norm.weight"});
}

#include "support/layer_contract.hpp"
#include "support/small_model.hpp"
#include "support/temp_dir.hpp"
#include <zer0/checkpoint/model_files.hpp>
#include <zer0/moe/moe.hpp>
#include <zer0/moe/router/sigmoid_bias.hpp>
#include <zer0/recipe/trainer.hpp>

#include <cmath>

using namespace zer0;

namespace {

const dims sizes{.dim = 24,
                 .n_heads = 4,
                 .dropout = 0.2,
                 .experts = {.n_routed = 5, .per_token = 2, .hidden_dim = 17, .scaling = 2.5}};

/// One router by itself, on the reference device: logits (1, E) to gates, with this bias.
std::vector<double> gates_of(const std::vector<double>& logits, const std::vector<double>& bias,
                             const dims& d) {
  reference device;
  layer_of<sigmoid_bias, reference> router(d);
  parameter_list<double> list;
  router.parameters(list);
  const detail::parameter_memory<reference> memory(device, list);
  std::ranges::copy(bias, memory.states().begin());
  workspace<reference> pass(device);
  auto& c = pass.reset();
  const auto n = static_cast<index_t>(logits.size());
  const auto in = c.keep.matrix(1, n), gates = c.keep.matrix(1, n), mask = c.keep.matrix(1, n);
  std::ranges::copy(logits, in.data);
  typename layer_of<sigmoid_bias, reference>::saved saved;
  router.route(c, in, gates, mask, saved);
  return {gates.data, gates.data + n};
}

double sigma(double x) { return 1 / (1 + std::exp(-x)); }

}  // namespace

TEST_CASE("sigmoid_bias: keeps the layer contract as a router of experts", "[moe][router]") {
  support::layer_contract<moe<sigmoid_bias>>(sizes, {.smooth = false, .same_bits = false});
}

TEST_CASE("sigmoid_bias: the bias decides who is chosen, not what it counts", "[moe][router]") {
  const std::vector<double> logits{1, -1, 0.5, 2, 0};
  const double sum = sigma(2) + sigma(1);
  CHECK(support::difference(
            gates_of(logits, {0, 0, 0, 0, 0}, sizes),
            std::vector<double>{2.5 * sigma(1) / sum, 0, 0, 2.5 * sigma(2) / sum, 0}) < 1e-12);
  const double other = sigma(2) + sigma(-1);
  CHECK(support::difference(
            gates_of(logits, {0, 0.7, 0, 0, 0}, sizes),
            std::vector<double>{0, 2.5 * sigma(-1) / other, 0, 2.5 * sigma(2) / other, 0}) < 1e-12);
  dims plain = sizes;
  plain.experts.norm_topk_prob = false;
  CHECK(support::difference(gates_of(logits, {0, 0, 0, 0, 0}, plain),
                            std::vector<double>{2.5 * sigma(1), 0, 0, 2.5 * sigma(2), 0}) < 1e-12);
}

TEST_CASE(
    "sigmoid_bias: after a step the bias of a busy expert falls, that of an idle one rises, and "
    "files keep it",
    "[moe][router]") {
  using model_type = model<decoder<moe<sigmoid_bias>>, support::float_device>;
  dims d = support::small_dims;
  d.experts = {.n_routed = 4, .per_token = 2, .hidden_dim = 12, .bias_update_rate = 0.125};
  model_type m(d);
  m.initialize(3);
  trainer<model_type> t(m);
  const token_batch batch = support::small_batch();
  (void)t.step(std::span(&batch, 1));
  const auto host = [&](std::span<const float> on_device) {
    std::vector<float> numbers(on_device.size());
    download(m.device(), on_device, numbers.data());
    return numbers;
  };
  std::size_t layers = 0;
  for (const auto& entry : m.parameters().states()) {
    const auto bias = host(entry.value->value);
    std::vector<float> loads;
    for (const auto& statistic : m.parameters().statistics())
      if (statistic.path == entry.path && std::string_view(statistic.value->name) == "expert_load")
        loads = host(statistic.value->value);
    REQUIRE(loads.size() == 4);
    float mean = 0;
    for (const float l : loads) mean += l / 4;
    CHECK(mean == 5);  // 10 tokens that count, two experts each, four experts
    for (std::size_t e = 0; e < 4; ++e) {
      const float step = loads[e] < mean ? 0.125f : loads[e] > mean ? -0.125f : 0.0f;
      CHECK(bias[e] == step);
    }
    ++layers;
  }
  CHECK(layers == 2);

  const support::temp_dir dir;
  save_weights(m, dir.path());
  model_type other(d);
  load_weights(other, dir.path());
  for (std::size_t i = 0; i < layers; ++i)
    CHECK(host(m.parameters().states()[i].value->value) ==
          host(other.parameters().states()[i].value->value));
}

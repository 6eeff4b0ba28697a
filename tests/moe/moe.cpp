#include "support/layer_contract.hpp"
#include "support/small_model.hpp"
#include <zer0/moe/moe.hpp>
#include <zer0/moe/router/expert_capacity.hpp>
#include <zer0/moe/router/expert_choice.hpp>
#include <zer0/moe/router/router_z_loss.hpp>
#include <zer0/recipe/trainer.hpp>

#include <cmath>
#include <numeric>

using namespace zer0;

namespace {

const dims sizes{
    .dim = 24,
    .n_heads = 4,
    .hidden_dim = 40,
    .dropout = 0.2,
    .experts = {.n_routed = 5, .per_token = 2, .n_shared = 2, .hidden_dim = 17, .scaling = 1.5}};

dims with(index_t routed, index_t per_token, index_t shared, bool normalize = true) {
  dims d = sizes;
  d.experts.n_routed = routed;
  d.experts.per_token = per_token;
  d.experts.n_shared = shared;
  d.experts.norm_topk_prob = normalize;
  return d;
}

/// The weights of a layer by their names in files.
template <class Layer>
std::vector<double> weight(Layer& layer, const std::string& name) {
  for (const auto& [path, p] : layer.parameters()) {
    index_t first = 0;
    for (const auto& part : p->parts) {
      if (path + part.name == name)
        return {p->value.row(first), p->value.row(first) + part.rows * p->cols};
      first += part.rows;
    }
  }
  FAIL("no weight " << name);
  return {};
}

std::vector<double> times(const std::vector<double>& w, const std::vector<double>& x) {
  std::vector<double> y(w.size() / x.size(), 0.0);
  for (std::size_t i = 0; i < y.size(); ++i)
    for (std::size_t j = 0; j < x.size(); ++j) y[i] += w[i * x.size() + j] * x[j];
  return y;
}

template <class Layer>
std::vector<double> feed_forward(Layer& layer, const std::string& name,
                                 const std::vector<double>& x) {
  std::vector<double> h = times(weight(layer, name + "gate_proj.weight"), x);
  const std::vector<double> up = times(weight(layer, name + "up_proj.weight"), x);
  for (std::size_t i = 0; i < h.size(); ++i) h[i] *= up[i] / (1 + std::exp(-h[i]));
  return times(weight(layer, name + "down_proj.weight"), h);
}

/// A token at a time, an expert at a time.
template <class Layer>
std::vector<double> expected(Layer& layer, const std::vector<double>& x, const expert_sizes& e) {
  std::vector<double> scores = times(weight(layer, "gate.weight"), x);
  double sum = 0;
  for (double& s : scores) sum += s = std::exp(s);
  for (double& s : scores) s /= sum;
  std::vector<std::size_t> order(scores.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) { return scores[a] > scores[b]; });
  order.resize(static_cast<std::size_t>(e.per_token));
  double total = 0;
  for (const std::size_t i : order) total += scores[i];
  std::vector<double> y(x.size(), 0.0);
  for (const std::size_t i : order) {
    const double gate = e.scaling * scores[i] / (e.norm_topk_prob && e.per_token > 1 ? total : 1);
    const auto of_expert = feed_forward(layer, "experts." + std::to_string(i) + ".", x);
    for (std::size_t j = 0; j < y.size(); ++j) y[j] += gate * of_expert[j];
  }
  if (e.n_shared == 0) return y;
  const auto shared = feed_forward(layer, "shared_experts.", x);
  for (std::size_t j = 0; j < y.size(); ++j) y[j] += shared[j];
  return y;
}

}  // namespace

TEST_CASE("moe: keeps the layer contract", "[moe]") {
  support::layer_contract<moe<>>(sizes, {.smooth = false, .same_bits = false});
  SECTION("every token to every expert")
  support::layer_contract<moe<>>(with(3, 3, 1), {.same_bits = false});
}

TEST_CASE("moe: keeps the layer contract where experts choose, or have a capacity", "[moe]") {
  support::batch_layer_contract<moe<expert_choice>>(sizes);
  support::batch_layer_contract<moe<expert_capacity<>>>(sizes);
}

TEST_CASE("moe: is the sum of the chosen experts, weighted, and of the shared one", "[moe]") {
  for (const dims& d :
       {sizes, with(5, 2, 0), with(5, 1, 1), with(3, 3, 0), with(1, 1, 0), with(7, 3, 1, false)}) {
    support::lone_layer<moe<>, reference> layer(d);
    const auto x = support::normal_numbers(9 * 24, 5);
    const auto y = layer.forward(x, {4, 5});
    for (std::ptrdiff_t i = 0; i < 9; ++i) {
      INFO(d.experts.n_routed << " experts, " << d.experts.per_token << " a token, token " << i);
      const auto wanted =
          expected(layer, {x.begin() + i * 24, x.begin() + (i + 1) * 24}, d.experts);
      const std::vector<double> actual(y.begin() + i * 24, y.begin() + (i + 1) * 24);
      CHECK(support::difference(actual, wanted) < 1e-12);
    }
  }
}

TEST_CASE("moe: more experts a token than there are experts is refused", "[moe]") {
  CHECK_THROWS_WITH(with(4, 5, 0).check(),
                    Catch::Contains("experts.per_token is 5") && Catch::Contains("from 1 to"));
}

namespace {

using support::small_dims;

template <class Router>
using expert_model = support::small_model<decoder<moe<Router>>, reference>;

dims small_experts() {
  dims d = small_dims;
  d.experts = {
      .n_routed = 4, .per_token = 2, .n_shared = 1, .hidden_dim = 12, .aux_loss_alpha = 0.3};
  return d;
}

/// The loss and what layers add to it, the gradients of both.
template <class Model>
double whole_loss(Model& m, const token_batch& batch, bool backward, double weight) {
  auto& c = m.start(batch);
  c.gathers = true;
  c.auxiliary_weight = weight;
  m.model.begin_step();
  const auto hidden = m.model.forward(c, m.memory.batch().ids);
  const auto dhidden = c.scratch.matrix(hidden.rows, hidden.cols);
  double loss = m.summed([&](double* total) {
    cross_entropy{}(c, m.model.output(), const_view<reference>(hidden), m.memory.batch(), total,
                    dhidden);
  });
  if (backward) m.model.backward(c, dhidden);
  for (const auto& entry : m.model.parameters().statistics())
    if (entry.value->size == 1) loss += entry.value->value[0];
  return loss;
}

template <class Router>
void check_own_loss(const dims& d) {
  expert_model<Router> m(d);
  const token_batch batch = support::small_batch();
  const auto gradients_of = [&](double weight) {
    m.zero_gradients();
    whole_loss(m, batch, true, weight);
    return m.gradient_values();
  };
  const auto without = gradients_of(0);
  CHECK(gradients_of(3) != without);
  const auto report = check_gradient(
      m.model.device(), m.model.weights(), std::span<const double>(m.model.gradients()),
      [&] { return whole_loss(m, batch, false, 3); }, {.coordinates = 200, .directions = 10});
  INFO(report.text());
  CHECK(report.worst < 1e-7);
}

}  // namespace

TEMPLATE_TEST_CASE("moe: the gradients of the losses of routers are those of the losses", "[moe]",
                   softmax_top_k, softmax_top_k_of<reference_balanced>, router_z_loss<>,
                   router_z_loss<expert_choice>, expert_capacity<router_z_loss<>>) {
  dims d = small_experts();
  check_own_loss<TestType>(d);
  d.experts.seq_aux = false;
  check_own_loss<TestType>(d);
}

TEST_CASE("moe: the balance loss of even scores is its weight, whatever padding is in the batch",
          "[moe]") {
  for (const bool by_sequence : {true, false}) {
    dims d = small_experts();
    d.n_layers = 1;
    d.experts.seq_aux = by_sequence;
    expert_model<softmax_top_k> m(d);
    for (const auto& [path, p] : m.model.parameters())
      if (p->parts.front().name == "gate.weight") fill(m.model.device(), p->value, 0);
    token_batch batch = support::small_batch();
    for (const int padding : {0, 3}) {
      for (int i = 0; i < padding; ++i) batch.weights[11 - static_cast<std::size_t>(i)] = 0;
      auto& c = m.start(batch);
      c.gathers = true;
      c.auxiliary_weight = 1;
      m.model.begin_step();
      (void)m.model.forward(c, m.memory.batch().ids);
      for (const auto& entry : m.model.parameters().statistics())
        if (std::string_view(entry.value->name) == "balance_loss")
          CHECK(entry.value->value[0] == Catch::Detail::Approx(0.3).epsilon(1e-12));
        else
          CHECK(std::accumulate(entry.value->value.begin(), entry.value->value.end(), 0.0) ==
                2 * (10 - padding));
    }
  }
}

TEST_CASE("moe: padding changes nothing that is learned or measured", "[moe]") {
  dims d = small_experts();
  using model_type = model<decoder<moe<>>, reference>;
  const auto step_of = [&](const token_batch& batch) {
    model_type m(d);
    m.initialize(3);
    trainer<model_type> t(m);
    const auto report = t.step(std::span(&batch, 1));
    std::vector<double> numbers{report.loss, report.gradient_norm,
                                report.metrics.at("balance_loss"),
                                report.metrics.at("expert_load")};
    numbers.insert(numbers.end(), m.weights().begin(), m.weights().end());
    return numbers;
  };
  token_batch batch = support::small_batch();
  token_batch padded = batch;
  padded.ids.insert(padded.ids.end(), {1, 1, 1});
  padded.targets.insert(padded.targets.end(), {1, 1, 1});
  padded.weights.insert(padded.weights.end(), {0, 0, 0});
  padded.starts.back() += 3;
  CHECK(support::difference(step_of(padded), step_of(batch)) < 1e-12);
}

TEST_CASE(
    "moe: a step reports the balance loss, a mean over layers and micro-batches, and the largest "
    "load",
    "[moe]") {
  dims d = small_experts();
  using model_type = model<decoder<moe<>>, support::float_device>;
  model_type m(d);
  m.initialize(3);
  trainer<model_type> t(m);
  const std::vector<token_batch> window{support::small_batch(1), support::small_batch(2)};
  const auto report = t.step(window);
  const double balance = report.metrics.at("balance_loss");
  CHECK(balance > 0.5 * 2 * 0.3);  // two layers, each 0.3 if even
  CHECK(balance < 2 * 2 * 0.3);
  CHECK(report.metrics.at("expert_load") >= 1);
  CHECK(report.metrics.at("expert_load") <= 2);  // a token has two of four experts
}

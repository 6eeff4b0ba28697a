#include "support/catch.hpp"
#include "support/devices.hpp"
#include "support/small_model.hpp"
#include <zer0/model/adapted.hpp>
#include <zer0/optim/adamw.hpp>
#include <zer0/testing/gradient_check.hpp>

#include <tuple>

using namespace zer0;
using support::small_batch;
using support::small_model;

namespace {

using plain = decoder<untied_head>;
using everywhere = adapted<plain, all_projections>;
using usual = adapted<plain>;
using variants = std::tuple<everywhere, usual>;

dims with_adapters() {
  dims sizes = support::small_dims;
  sizes.lora = {.rank = 3, .alpha = 6};
  return sizes;
}

/// The loss of the plain model with the same weights.
template <class Model>
double loss_of_base(Model& m, const token_batch& batch) {
  context<reference>& c = m.start(batch);
  c.adapter = false;
  const auto hidden = m.model.forward(c, m.memory.batch().ids);
  return m.summed([&](double* total) {
    cross_entropy{}(c, m.model.output(), const_view<reference>(hidden), m.memory.batch(), total);
  });
}

}  // namespace

TEMPLATE_LIST_TEST_CASE("adapted: the gradients of the adapters are those of the loss",
                        "[model][lora]", variants) {
  small_model<TestType, reference> m(with_adapters());
  const token_batch batch = small_batch();
  m.loss_and_gradients(batch);
  const auto report = check_gradient(
      m.model.device(), m.model.trained_weights(), std::span<const double>(m.model.gradients()),
      [&] { return m.loss(batch); }, {.coordinates = 100, .directions = 10});
  INFO(report.text());
  CHECK(report.worst < 1e-7);
}

TEST_CASE("adapted: nothing but the adapters has gradients or moments, and nothing else changes",
          "[model][lora]") {
  const dims sizes = with_adapters();
  small_model<usual, reference> m(sizes);
  // q: 16 in, 16 out; v: 16 in, 8 out
  const index_t expected = sizes.n_layers * (2 * 3 * 16 + 3 * 16 + 3 * 8);
  CHECK(m.model.parameters().trained_elements() == expected);
  CHECK(static_cast<index_t>(m.model.gradients().size()) == expected);
  adamw::state<reference> state(m.model);
  for (const auto& b : state.buffers()) CHECK(static_cast<index_t>(b.values.size()) == expected);

  const auto before = m.weight_values();
  m.loss_and_gradients(small_batch());
  state.update({}, m.model, 0.01, 1);
  const auto after = m.weight_values();
  const auto trained = static_cast<std::size_t>(expected);
  CHECK(std::equal(before.begin() + expected, before.end(), after.begin() + expected));
  std::size_t same = 0;
  for (std::size_t i = 0; i < trained; ++i) same += before[i] == after[i] ? 1 : 0;
  CHECK(same == 0);
}

TEST_CASE("adapted: starts as the model that it adapts, which `adapter` brings back",
          "[model][lora]") {
  small_model<everywhere, reference> m(with_adapters());
  const token_batch batch = small_batch();
  CHECK(m.loss(batch) != loss_of_base(m, batch));
  const double base = loss_of_base(m, batch);
  m.model.initialize_adapters(7);
  CHECK(m.loss(batch) == base);
  CHECK(loss_of_base(m, batch) == base);
}

TEST_CASE("adapted: merged adapters compute the same, and leave every bit as it was",
          "[model][lora]") {
  small_model<everywhere, reference> m(with_adapters());
  const token_batch batch = small_batch();
  const double expected = m.loss(batch);
  const auto before = m.weight_values();
  {
    const merged_adapters merged(m.model);
    CHECK(m.loss(batch) == Catch::Detail::Approx(expected).epsilon(1e-12));
    CHECK(loss_of_base(m, batch) == Catch::Detail::Approx(expected).epsilon(1e-12));
    CHECK(m.weight_values() != before);
  }
  CHECK(m.weight_values() == before);
}

#include "support/bare_model.hpp"
#include "support/catch.hpp"
#include "support/devices.hpp"
#include "support/random_numbers.hpp"
#include <zer0/optim/adamw.hpp>

#include <cmath>
#include <vector>

using namespace zer0;
using support::bare_model;
using support::parameter_shape;

namespace {

using numbers = std::vector<double>;
using enum parameter_kind;

/// Moments and weights after the gradients so far, the moments as sums over all of them: m_t =
/// (1-b1) sum_i b1^(t-i) g_i, which no implementation computes.
struct expected_values {
  numbers weights, first, second;
  std::vector<numbers> gradients = {};

  void step(const adamw& rule, double learning_rate, const numbers& decay,
            const numbers& gradient) {
    gradients.push_back(gradient);
    const auto t = static_cast<double>(gradients.size());
    first.assign(weights.size(), 0);
    second.assign(weights.size(), 0);
    for (std::size_t i = 0; i < weights.size(); ++i) {
      for (std::size_t k = 0; k < gradients.size(); ++k) {
        const double age = t - static_cast<double>(k + 1);
        first[i] += (1 - rule.beta1) * std::pow(rule.beta1, age) * gradients[k][i];
        second[i] +=
            (1 - rule.beta2) * std::pow(rule.beta2, age) * gradients[k][i] * gradients[k][i];
      }
      const double mean = first[i] / (1 - std::pow(rule.beta1, t));
      const double square = second[i] / (1 - std::pow(rule.beta2, t));
      weights[i] -= learning_rate * (mean / (std::sqrt(square) + rule.eps) + decay[i] * weights[i]);
    }
  }
};

template <class D>
constexpr double tolerance = sizeof(typename D::real) == 4 ? 1e-6 : 1e-13;

/// The decay of each weight under the rule.
numbers decays(const adamw& rule, const std::vector<parameter_shape>& shapes) {
  numbers out;
  for (const parameter_shape& s : shapes)
    out.insert(out.end(), static_cast<std::size_t>(s.elements()),
               rule.decay == decay_rule::all || s.kind != vector ? rule.weight_decay : 0);
  return out;
}

/// Five updates with learning rates and gradient scales that change, gradients of the size
/// `magnitude`.
template <class D>
void expect_formula(const adamw& rule, const std::vector<parameter_shape>& shapes,
                    double magnitude) {
  bare_model<D> m(shapes);
  typename adamw::state<D> state(m);
  const numbers decay = decays(rule, shapes);
  expected_values expected{m.weight_values(), {}, {}};
  for (std::uint32_t k = 0; k < 5; ++k) {
    numbers gradient =
        support::normal_numbers(static_cast<index_t>(decay.size()), 20 + k, magnitude);
    m.set_gradients(gradient);
    const double learning_rate = 0.1 / (k + 1);
    const double scale = k == 0 ? 1 : 0.3 * k;
    state.update(rule, m, learning_rate, scale);
    for (double& g : gradient) g *= scale;
    expected.step(rule, learning_rate, decay, gradient);
    INFO("step " << k + 1 << " of " << decay.size() << " weights, gradients of size " << magnitude);
    CHECK(state.steps == k + 1);
    CHECK(support::difference(m.weight_values(), expected.weights) < tolerance<D>);
    CHECK(support::difference(m.host(state.buffers()[0].values), expected.first) < tolerance<D>);
    CHECK(support::difference(m.host(state.buffers()[1].values), expected.second) < tolerance<D>);
  }
}

/// Matrices or a table and norm weights by turns, of sizes that no vector register divides.
const std::vector<parameter_shape> mixed{{{7}, 3, matrix},  {{1}, 5, vector},  {{1}, 1, matrix},
                                         {{1}, 17, vector}, {{31}, 13, table}, {{1}, 1, vector}};

}  // namespace

TEMPLATE_LIST_TEST_CASE(
    "adamw: weights and moments are those of the formula, whatever their number", "[optim][adamw]",
    support::all_devices) {
  for (const index_t n : {1, 2, 3, 7, 17, 4095, 4096, 4097, 20011})
    expect_formula<TestType>({.weight_decay = 0.3}, {{{1}, n, matrix}}, 1);
}

TEMPLATE_LIST_TEST_CASE("adamw: betas, eps and decay are the rule's", "[optim][adamw]",
                        support::all_devices) {
  expect_formula<TestType>({.beta1 = 0.5, .beta2 = 0.75, .eps = 0.01, .weight_decay = 0.7}, mixed,
                           1);
  expect_formula<TestType>({.beta1 = 0, .beta2 = 0.5, .weight_decay = 0}, mixed, 1);
  // As large as the gradients, eps halves each update.
  expect_formula<TestType>({}, mixed, 1e-8);
  expect_formula<TestType>({}, mixed, 1e4);
}

TEMPLATE_LIST_TEST_CASE("adamw: decay_rule says which weights decay", "[optim][adamw]",
                        support::all_devices) {
  for (const decay_rule rule : {decay_rule::all, decay_rule::matrices})
    expect_formula<TestType>({.weight_decay = 0.5, .decay = rule}, mixed, 1);
}

TEMPLATE_LIST_TEST_CASE(
    "adamw: without gradients matrices shrink, and with decay_rule matrices norm weights stay",
    "[optim][adamw]", support::all_devices) {
  bare_model<TestType> m(mixed);
  typename adamw::state<TestType> state(m);
  const numbers before = m.weight_values();
  for (int i = 0; i < 3; ++i)
    state.update({.weight_decay = 0.5, .decay = decay_rule::matrices}, m, 0.25, 1);
  const numbers after = m.weight_values();
  std::size_t at = 0;
  for (const parameter_shape& s : mixed) {
    for (const std::size_t end = at + static_cast<std::size_t>(s.elements()); at < end; ++at) {
      const double factor = s.kind == vector ? 1 : 0.875 * 0.875 * 0.875;
      const double eps = s.kind == vector ? 0 : 2e-7;
      REQUIRE(std::abs(after[at] - factor * before[at]) <= eps * std::abs(before[at]));
    }
  }
  CHECK(at == after.size());
}

TEMPLATE_LIST_TEST_CASE(
    "adamw: the state is two moments a weight, 0 at first, and the number of updates",
    "[optim][adamw]", support::all_devices) {
  bare_model<TestType> m(mixed);
  const typename adamw::state<TestType> state(m);
  CHECK(state.steps == 0);
  const auto buffers = state.buffers();
  REQUIRE(buffers.size() == 2);
  CHECK(buffers[0].name == "exp_avg");
  CHECK(buffers[1].name == "exp_avg_sq");
  for (const auto& b : buffers)
    CHECK(support::difference(m.host(b.values), numbers(m.weights().size(), 0.0)) == 0);
}

TEMPLATE_LIST_TEST_CASE("adamw: a copy of weights, buffers and steps goes on with the same bits",
                        "[optim][adamw]", support::all_devices) {
  const adamw rule{.decay = decay_rule::matrices};
  bare_model<TestType> first(mixed);
  bare_model<TestType> second(mixed);
  typename adamw::state<TestType> state(first);
  const auto gradient = [&](std::uint32_t seed) {
    return support::normal_numbers(static_cast<index_t>(first.weights().size()), seed);
  };
  for (std::uint32_t k = 0; k < 3; ++k) {
    first.set_gradients(gradient(k));
    state.update(rule, first, 0.01, 1);
  }
  typename adamw::state<TestType> copy(second);
  second.set_weights(first.weight_values());
  for (std::size_t b = 0; b < 2; ++b) {
    const numbers values = first.host(state.buffers()[b].values);
    upload(second.device(), std::span<const double>(values), copy.buffers()[b].values);
  }
  copy.steps = state.steps;
  for (std::uint32_t k = 3; k < 6; ++k) {
    first.set_gradients(gradient(k));
    second.set_gradients(gradient(k));
    state.update(rule, first, 0.01, 1);
    copy.update(rule, second, 0.01, 1);
  }
  CHECK(support::difference(first.weight_values(), second.weight_values()) == 0);
}

TEMPLATE_LIST_TEST_CASE("adamw: gradients count times the factor", "[optim][adamw]",
                        support::all_devices) {
  const numbers gradient = support::normal_numbers(21, 3);
  for (const double factor : {1.0, 0.5, 1e-3}) {
    bare_model<TestType> m({{{7}, 3, matrix}});
    typename adamw::state<TestType> state(m);
    m.set_gradients(gradient);
    state.update({.beta1 = 0.5}, m, 0.01, factor);
    numbers expected = gradient;
    for (double& g : expected) g *= 0.5 * factor;
    CHECK(support::difference(m.host(state.buffers()[0].values), expected) < tolerance<TestType>);
  }
}

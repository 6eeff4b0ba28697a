// Preference losses. Formulas of single pairs: values worked out by hand or by another way of
// writing them, slopes by differences. Through a model: values from its log-probabilities,
// gradients by finite differences.
#include "support/devices.hpp"
#include "support/small_model.hpp"
#include "support/twin.hpp"
#include <zer0/loss/preference.hpp>
#include <zer0/recipe/trainer.hpp>
#include <zer0/testing/gradient_check.hpp>

#include <cmath>
#include <vector>

using namespace zer0;
using Approx = Catch::Detail::Approx;
using support::contains;
using support::small_dims;
using support::small_model;

namespace {

using numbers = std::vector<double>;

/// Two pairs: sequences of 5, 3, 4 and 7 tokens whose answers have 3, 2, 1 and 4 targets.
token_batch pairs() {
  token_batch b;
  b.ids = support::random_tokens(19, small_dims.vocab_size, 3);
  b.targets = support::random_tokens(19, small_dims.vocab_size, 4);
  b.starts = {0, 5, 8, 12, 19};
  b.weights.assign(19, 0.0f);
  for (const auto& [last, count] : {std::pair{5, 3}, {8, 2}, {12, 1}, {18, 4}})
    for (int i = last - count; i < last; ++i) b.weights[static_cast<std::size_t>(i)] = 1;
  for (std::size_t i = 0; i < b.targets.size(); ++i)
    if (b.weights[i] == 0) b.targets[i] = no_token;
  b.references = {-7, -6.5, -3, -9};
  return b;
}

/// The sum of the log-probabilities of a sequence's targets: minus the loss of a batch of it alone.
template <class D>
double log_probability(small_model<decoder<>, D>& m, const token_batch& from, std::size_t s) {
  const auto cut = [&](const auto& v) {
    return std::remove_cvref_t<decltype(v)>(v.begin() + from.starts[s],
                                            v.begin() + from.starts[s + 1]);
  };
  token_batch one{cut(from.ids),
                  cut(from.targets),
                  cut(from.weights),
                  {0, from.starts[s + 1] - from.starts[s]}};
  return -m.loss(one);
}

/// The totals of one pass over the batch, whose weights are multiplied by `factor`.
template <class D, class Policy>
numbers totals_of(small_model<decoder<>, D>& m, const preference<Policy>& loss,
                  const token_batch& batch, bool gradients, double factor = 1) {
  context<D>& c = m.start(batch, factor);
  const auto hidden = m.model.forward(c, m.memory.batch().ids);
  numbers result(preference_totals, 0.0);
  buffer<double, D> totals(m.model.device(), preference_totals);
  m.model.device().upload(totals.data(), result.data(), result.size() * sizeof(double));
  if (gradients) {
    const auto dhidden = c.scratch.matrix(hidden.rows, hidden.cols);
    loss(c, m.model.output(), hidden, m.memory.batch(), totals.data(), dhidden);
    m.model.backward(c, dhidden);
  } else {
    loss(c, m.model.output(), hidden, m.memory.batch(), totals.data());
  }
  m.model.device().download(result.data(), totals.data(), result.size() * sizeof(double));
  return result;
}

/// Room for a few rows of logits only, so that answers are cut by chunks.
constexpr cross_entropy small_chunks{.chunk_bytes = 3 * 13 * 8};

template <class Policy>
void check_gradients(const Policy& policy) {
  small_model<decoder<>, reference> m;
  const preference<Policy> loss{policy, small_chunks};
  m.zero_gradients();
  (void)totals_of(m, loss, pairs(), true);
  const auto report = check_gradient(m.model.device(), m.model.weights(),
                                     std::span<const double>(m.model.gradients()),
                                     [&] { return totals_of(m, loss, pairs(), false)[0]; });
  INFO(report.text());
  CHECK(report.worst < 1e-7);
}

using kind = any_preference::kind;

/// h = (-12 + 20) - (-11 + 16) = 3; per target -3 - -4 - (-2.75 - -3.2) = 0.55; per length (8 and
/// 10) 0.1.
constexpr answer_pair two_answers{{-12, -11, 4, 8}, {-20, -16, 5, 10}};

double minus_log_sigmoid(double x) { return std::log(1 + std::exp(-x)); }

template <class Policy>
void expect_slopes_by_differences(const Policy& policy, answer_pair at) {
  const pair_loss l = policy(at);
  for (const bool chosen : {true, false}) {
    const auto value = [&](double step) {
      answer_pair moved = at;
      (chosen ? moved.chosen : moved.rejected).log_probability += step;
      return policy(moved).loss;
    };
    const double numeric = (value(1e-4) - value(-1e-4)) / 2e-4;
    CHECK((chosen ? l.chosen_slope : l.rejected_slope) ==
          Approx(numeric).epsilon(1e-6).margin(1e-9));
  }
}

template <class Policy>
void expect_slopes(const Policy& policy) {
  expect_slopes_by_differences(policy, two_answers);
  expect_slopes_by_differences(policy, {{-1, -30, 7, 9}, {-40, -2, 3, 20}});
  expect_slopes_by_differences(policy, {{-40, -2, 3, 20}, {-1, -30, 7, 9}});
}

}  // namespace

TEST_CASE("preference: each loss is its formula", "[loss][preference]") {
  CHECK(dpo_sigmoid{0.1}(two_answers).loss == Approx(minus_log_sigmoid(0.3)));
  CHECK(dpo_sigmoid{0.1, 0.2}(two_answers).loss ==
        Approx(0.8 * minus_log_sigmoid(0.3) + 0.2 * minus_log_sigmoid(-0.3)));
  CHECK(dpo_reference_mean{0.5}(two_answers).loss ==
        Approx(minus_log_sigmoid(0.5 * ((-12.0 / 8 + 20.0 / 10) - (-11.0 / 8 + 16.0 / 10)))));
  CHECK(ipo{0.1}(two_answers).loss == Approx((0.55 - 5) * (0.55 - 5)));
  CHECK(dpo_hinge{0.1}(two_answers).loss == Approx(0.7));
  CHECK(dpo_hinge{1}(two_answers).loss == 0);
  CHECK(simpo{2, 0.5}(two_answers).loss == Approx(minus_log_sigmoid(2 * (-3 + 4) - 0.5)));
  const auto odds = [](double l) { return std::exp(l) / (1 - std::exp(l)); };
  CHECK(orpo{0.1}(two_answers).loss ==
        Approx(3 + 0.1 * minus_log_sigmoid(std::log(odds(-3) / odds(-4)))));
}

TEST_CASE("preference: rewards are beta times what the loss compares", "[loss][preference]") {
  CHECK(dpo_sigmoid{0.1}(two_answers).chosen_reward == Approx(-0.1));
  CHECK(dpo_sigmoid{0.1}(two_answers).rejected_reward == Approx(-0.4));
  CHECK(ipo{0.5}(two_answers).rejected_reward == Approx(-0.4));
  CHECK(simpo{2}(two_answers).chosen_reward == Approx(-6));
  CHECK(orpo{0.1}(two_answers).rejected_reward == Approx(-0.4));
}

TEST_CASE("preference: slopes are the derivatives", "[loss][preference]") {
  expect_slopes(dpo_sigmoid{0.3});
  expect_slopes(dpo_sigmoid{0.3, 0.25});
  expect_slopes(dpo_reference_mean{0.7});
  expect_slopes(ipo{0.2});
  expect_slopes(dpo_hinge{0.1});
  expect_slopes(simpo{1.5, 0.7});
  expect_slopes(orpo{0.4});
}

TEST_CASE("preference: equal answers of model and reference give log 2", "[loss][preference]") {
  const answer_pair same{{-12, -12, 4, 8}, {-20, -20, 5, 10}};
  CHECK(dpo_sigmoid{0.3}(same).loss == Approx(std::log(2.0)).epsilon(1e-15));
  CHECK(dpo_sigmoid{0.3, 0.1}(same).loss == Approx(std::log(2.0)).epsilon(1e-15));
  CHECK(dpo_reference_mean{0.3}(same).loss == Approx(std::log(2.0)).epsilon(1e-15));
}

TEST_CASE("preference: answers that are certain or hopeless give numbers", "[loss][preference]") {
  for (const kind which :
       {kind::sigmoid, kind::reference_mean, kind::ipo, kind::hinge, kind::simpo, kind::orpo})
    for (const double chosen : {0.0, -1e-12, -1e5})
      for (const double rejected : {0.0, -1e-12, -1e5}) {
        const pair_loss l = any_preference{which}({{chosen, 0, 1, 1}, {rejected, 0, 1, 1}});
        INFO(static_cast<int>(which) << ": " << chosen << ", " << rejected);
        CHECK((std::isfinite(l.loss) && std::isfinite(l.chosen_slope) &&
               std::isfinite(l.rejected_slope)));
      }
}

TEST_CASE("preference: one chosen by name is that one", "[loss][preference]") {
  const auto same = [](const any_preference& any, const auto& one) {
    const pair_loss a = any(two_answers), b = one(two_answers);
    return a.loss == b.loss && a.rejected_slope == b.rejected_slope &&
           any.needs_reference() == one.needs_reference();
  };
  // Read when the program runs: a compiler that works out one side itself need not round exp as the
  // C library does.
  const volatile double run_time = 0.3;
  const double beta = run_time;
  CHECK(same({kind::sigmoid, beta, 0.1}, dpo_sigmoid{beta, 0.1}));
  CHECK(same({kind::reference_mean, beta}, dpo_reference_mean{beta}));
  CHECK(same({kind::ipo, beta}, ipo{beta}));
  CHECK(same({kind::hinge, beta}, dpo_hinge{beta}));
  CHECK(same({.which = kind::simpo, .beta = 8 * beta, .gamma = 0.9}, simpo{8 * beta, 0.9}));
  CHECK(same({kind::orpo, beta}, orpo{beta}));
}

TEMPLATE_LIST_TEST_CASE("preference: loss and metrics are those of the answers' log-probabilities",
                        "[loss][preference]", support::all_devices) {
  const double eps = sizeof(typename TestType::real) == 4 ? 1e-5 : 1e-12;
  small_model<decoder<>, TestType> m;
  const token_batch batch = pairs();
  const ipo policy{0.2};
  numbers expected(preference_totals, 0.0);
  double kl = 0;
  for (const std::size_t i : {0u, 2u}) {
    const double chosen = log_probability(m, batch, i);
    const double rejected = log_probability(m, batch, i + 1);
    const answer_pair pair{
        {chosen, batch.references[i], i == 0 ? 3.0 : 1.0, i == 0 ? 5.0 : 4.0},
        {rejected, batch.references[i + 1], i == 0 ? 2.0 : 4.0, i == 0 ? 3.0 : 7.0}};
    const pair_loss l = policy(pair);
    const numbers of_pair{l.loss,
                          l.chosen_reward - l.rejected_reward,
                          l.chosen_reward > l.rejected_reward ? 1.0 : 0.0,
                          l.chosen_reward,
                          l.rejected_reward,
                          chosen,
                          rejected,
                          chosen - batch.references[i],
                          rejected - batch.references[i + 1]};
    for (std::size_t k = 0; k < of_pair.size(); ++k) expected[k] += of_pair[k];
    kl += (std::pow(of_pair[7], 2) + std::pow(of_pair[8], 2)) / 4;
  }
  expected.back() = kl;
  for (const bool gradients : {false, true})
    for (const double factor : {1.0, 0.5}) {
      const numbers actual =
          totals_of(m, preference<ipo>{policy, small_chunks}, batch, gradients, factor);
      for (std::size_t k = 0; k < expected.size(); ++k)
        CHECK(actual[k] == Approx(factor * expected[k]).epsilon(eps).margin(eps));
    }
}

TEST_CASE("preference: gradients of every loss are those of its value", "[loss][preference]") {
  check_gradients(dpo_sigmoid{0.3});
  check_gradients(dpo_sigmoid{0.3, 0.2});
  check_gradients(dpo_reference_mean{0.9});
  check_gradients(ipo{0.4});
  check_gradients(dpo_hinge{0.1});
  check_gradients(simpo{2, 0.5});
  check_gradients(orpo{0.5});
}

TEMPLATE_LIST_TEST_CASE(
    "preference: a factor multiplies the gradients; every device gives the reference's",
    "[loss][preference]", support::all_devices) {
  const auto gradients = [](auto& m, double factor) {
    m.zero_gradients();
    (void)totals_of(m, preference<dpo_sigmoid>{{0.3}, small_chunks}, pairs(), true, factor);
    return m.gradient_values();
  };
  small_model<decoder<>, TestType> m;
  small_model<decoder<>, reference> judge;
  const numbers once = gradients(judge, 1);
  numbers halved = once;
  for (double& g : halved) g *= 0.5;
  CHECK(support::difference(gradients(m, 1), once) < 1e-5);
  CHECK(support::difference(gradients(m, 0.5), halved) < 1e-5);
}

TEMPLATE_LIST_TEST_CASE(
    "preference: trains, a mean over pairs, with references of its own from log 2 on",
    "[loss][preference]", support::all_devices) {
  small_model<decoder<>, TestType> m;
  token_batch batch = pairs();
  for (std::size_t s = 0; s < 4; ++s) batch.references[s] = log_probability(m, batch, s);
  trainer<model<decoder<>, TestType>, preference<dpo_sigmoid>, adamw, cosine, per_pair> t(
      m.model, {.total_steps = 30}, {}, {}, {.learning_rate = 1e-2});
  step_report report = t.step(std::vector<token_batch>{batch, batch});
  CHECK(report.loss == Approx(std::log(2.0)).epsilon(1e-6));
  CHECK(report.counted == 4);
  CHECK(std::abs(report.metrics.at("rewards/margins")) < 1e-5);
  for (int i = 0; i < 20; ++i) report = t.step(std::vector<token_batch>{batch});
  CHECK(report.loss < 0.5);
  CHECK(report.metrics.at("rewards/accuracies") == 1);
  CHECK(report.metrics.at("rewards/margins") > 0.4);
}

TEST_CASE("preference: says what a batch lacks", "[loss][preference]") {
  small_model<decoder<>, reference> m;
  token_batch batch = pairs();
  batch.references.clear();
  CHECK_THROWS_WITH(totals_of(m, preference<dpo_sigmoid>{}, batch, false),
                    contains("no log-probabilities of one"));
  CHECK_NOTHROW(totals_of(m, preference<simpo>{}, batch, true));
  batch.starts = {0, 5, 8, 19};
  CHECK_THROWS_WITH(totals_of(m, preference<simpo>{}, batch, false),
                    contains("3 sequences; each pair"));
}

TEST_CASE("any_preference: each loss has its name; another name is refused", "[loss][preference]") {
  for (const kind which :
       {kind::sigmoid, kind::reference_mean, kind::ipo, kind::hinge, kind::simpo, kind::orpo})
    CHECK(any_preference::named(any_preference::names[static_cast<std::size_t>(which)]) == which);
  CHECK(any_preference::named("reference_mean") == kind::reference_mean);
  CHECK(any_preference::named("orpo") == kind::orpo);
  CHECK_THROWS_WITH(any_preference::named("kto"),
                    contains("there is no loss named kto; use sigmoid"));
}

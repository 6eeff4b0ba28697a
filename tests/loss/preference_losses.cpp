// The formulas of preference losses: values worked out by hand or by another way of writing them, slopes by
// differences.
#include "support/catch.hpp"
#include <zer0/loss/preference_losses.hpp>

#include <cmath>
#include <vector>

using namespace zer0;
using Approx = Catch::Detail::Approx;

namespace {

using kind = any_preference::kind;

/// h = (-12 + 20) - (-11 + 16) = 3; per target -3 - -4 - (-2.75 - -3.2) = 0.55; per length (8 and 10) 0.1.
constexpr answer_pair pair{{-12, -11, 4, 8}, {-20, -16, 5, 10}};

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
    CHECK((chosen ? l.chosen_slope : l.rejected_slope) == Approx(numeric).epsilon(1e-6).margin(1e-9));
  }
}

template <class Policy>
void expect_slopes(const Policy& policy) {
  expect_slopes_by_differences(policy, pair);
  expect_slopes_by_differences(policy, {{-1, -30, 7, 9}, {-40, -2, 3, 20}});
  expect_slopes_by_differences(policy, {{-40, -2, 3, 20}, {-1, -30, 7, 9}});
}

}  // namespace

TEST_CASE("preference_losses: each is its formula", "[loss][preference]") {
  CHECK(dpo_sigmoid{0.1}(pair).loss == Approx(minus_log_sigmoid(0.3)));
  CHECK(dpo_sigmoid{0.1, 0.2}(pair).loss == Approx(0.8 * minus_log_sigmoid(0.3) + 0.2 * minus_log_sigmoid(-0.3)));
  CHECK(dpo_reference_mean{0.5}(pair).loss ==
        Approx(minus_log_sigmoid(0.5 * ((-12.0 / 8 + 20.0 / 10) - (-11.0 / 8 + 16.0 / 10)))));
  CHECK(ipo{0.1}(pair).loss == Approx((0.55 - 5) * (0.55 - 5)));
  CHECK(dpo_hinge{0.1}(pair).loss == Approx(0.7));
  CHECK(dpo_hinge{1}(pair).loss == 0);
  CHECK(simpo{2, 0.5}(pair).loss == Approx(minus_log_sigmoid(2 * (-3 + 4) - 0.5)));
  const auto odds = [](double l) { return std::exp(l) / (1 - std::exp(l)); };
  CHECK(orpo{0.1}(pair).loss == Approx(3 + 0.1 * minus_log_sigmoid(std::log(odds(-3) / odds(-4)))));
}

TEST_CASE("preference_losses: rewards are beta times what the loss compares", "[loss][preference]") {
  CHECK(dpo_sigmoid{0.1}(pair).chosen_reward == Approx(-0.1));
  CHECK(dpo_sigmoid{0.1}(pair).rejected_reward == Approx(-0.4));
  CHECK(ipo{0.5}(pair).rejected_reward == Approx(-0.4));
  CHECK(simpo{2}(pair).chosen_reward == Approx(-6));
  CHECK(orpo{0.1}(pair).rejected_reward == Approx(-0.4));
}

TEST_CASE("preference_losses: slopes are the derivatives", "[loss][preference]") {
  expect_slopes(dpo_sigmoid{0.3});
  expect_slopes(dpo_sigmoid{0.3, 0.25});
  expect_slopes(dpo_reference_mean{0.7});
  expect_slopes(ipo{0.2});
  expect_slopes(dpo_hinge{0.1});
  expect_slopes(simpo{1.5, 0.7});
  expect_slopes(orpo{0.4});
}

TEST_CASE("preference_losses: equal answers of model and reference give log 2", "[loss][preference]") {
  const answer_pair same{{-12, -12, 4, 8}, {-20, -20, 5, 10}};
  CHECK(dpo_sigmoid{0.3}(same).loss == Approx(std::log(2.0)).epsilon(1e-15));
  CHECK(dpo_sigmoid{0.3, 0.1}(same).loss == Approx(std::log(2.0)).epsilon(1e-15));
  CHECK(dpo_reference_mean{0.3}(same).loss == Approx(std::log(2.0)).epsilon(1e-15));
}

TEST_CASE("preference_losses: answers that are certain or hopeless give numbers", "[loss][preference]") {
  for (const kind which : {kind::sigmoid, kind::reference_mean, kind::ipo, kind::hinge, kind::simpo, kind::orpo})
    for (const double chosen : {0.0, -1e-12, -1e5})
      for (const double rejected : {0.0, -1e-12, -1e5}) {
        const pair_loss l = any_preference{which}({{chosen, 0, 1, 1}, {rejected, 0, 1, 1}});
        INFO(static_cast<int>(which) << ": " << chosen << ", " << rejected);
        CHECK((std::isfinite(l.loss) && std::isfinite(l.chosen_slope) && std::isfinite(l.rejected_slope)));
      }
}

TEST_CASE("preference_losses: one chosen by name is that one", "[loss][preference]") {
  const auto same = [](const any_preference& any, const auto& one) {
    return any(pair).loss == one(pair).loss && any(pair).rejected_slope == one(pair).rejected_slope &&
           any.needs_reference() == one.needs_reference();
  };
  CHECK(same({kind::sigmoid, 0.3, 0.1}, dpo_sigmoid{0.3, 0.1}));
  CHECK(same({kind::reference_mean, 0.3}, dpo_reference_mean{0.3}));
  CHECK(same({kind::ipo, 0.3}, ipo{0.3}));
  CHECK(same({kind::hinge, 0.3}, dpo_hinge{0.3}));
  CHECK(same({.which = kind::simpo, .beta = 2.5, .gamma = 0.9}, simpo{2.5, 0.9}));
  CHECK(same({kind::orpo, 0.3}, orpo{0.3}));
}

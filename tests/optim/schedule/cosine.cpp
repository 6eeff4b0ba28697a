#include "support/catch.hpp"
#include <zer0/optim/schedule/cosine.hpp>

#include <cmath>

using namespace zer0;

namespace {

constexpr double pi = 3.14159265358979323846;

bool close(double a, double b) { return std::abs(a - b) <= 1e-15; }

/// The reference implementation's formula.
double formula(double lr, double t, double total) {
  return lr / 10 + 0.5 * lr * (1 + std::cos(pi * t / total));
}

}  // namespace

TEST_CASE("cosine: from the learning rate over 0.55 of it down to a tenth",
          "[optim][schedule][cosine]") {
  const cosine schedule{.learning_rate = 2e-3};
  CHECK(close(schedule(0, 1000), 2e-3));
  CHECK(close(schedule(250, 1000), 2e-3 * (0.55 + 0.45 * std::sqrt(0.5))));
  CHECK(close(schedule(500, 1000), 1.1e-3));
  CHECK(close(schedule(999, 1000), 2e-3 * (0.1 + 0.45 * (1 + std::cos(pi * 0.999)))));
  CHECK(close(schedule(1000, 1000), 2e-4));
  for (index_t t = 0; t < 1000; ++t) REQUIRE(schedule(t + 1, 1000) < schedule(t, 1000));
}

TEST_CASE("cosine: after warmup the decay takes the steps that are left",
          "[optim][schedule][cosine]") {
  const cosine schedule{.learning_rate = 1e-3, .warmup = 4};
  CHECK(close(schedule(0, 24), 0.25e-3));
  CHECK(close(schedule(1, 24), 0.50e-3));
  CHECK(close(schedule(2, 24), 0.75e-3));
  CHECK(close(schedule(3, 24), 1e-3));
  CHECK(close(schedule(4, 24), 1e-3));
  CHECK(close(schedule(14, 24), 0.55e-3));
  CHECK(close(schedule(19, 24), 1e-3 * (0.55 - 0.45 * std::sqrt(0.5))));
  CHECK(close(schedule(24, 24), 1e-4));
}

TEST_CASE("cosine: beyond the last step it stays at a tenth", "[optim][schedule][cosine]") {
  for (const index_t step : {11, 15, 20, 1000}) CHECK(close(cosine{1e-3}(step, 10), 1e-4));
}

TEST_CASE("cosine: no warmup, no step and more warmup than steps give finite rates below the peak",
          "[optim][schedule][cosine]") {
  CHECK(close(cosine{1e-3}(0, 1), 1e-3));
  CHECK(close(cosine{1e-3}(0, 0), 1e-3));
  CHECK(close(cosine{1e-3, 10}(4, 5), 0.5e-3));
  CHECK(close(cosine{1e-3, 10}(9, 10), 1e-3));
  for (index_t warmup = 0; warmup < 12; ++warmup)
    for (index_t step = 0; step < 12; ++step) {
      const double rate = cosine{1e-3, warmup}(step, 6);
      REQUIRE((rate > 0 && rate <= 1e-3));
    }
}

TEST_CASE("cosine: cosine_reference is lr/10 + lr/2 (1 + cos(pi t/T))",
          "[optim][schedule][cosine]") {
  const cosine_reference schedule{.learning_rate = 5e-4};
  CHECK(close(schedule(0, 77), 1.1 * 5e-4));
  CHECK(close(schedule(77, 77), 0.1 * 5e-4));
  for (index_t t = 0; t <= 77; ++t)
    REQUIRE(std::abs(schedule(t, 77) - formula(5e-4, static_cast<double>(t), 77)) < 1e-17);
}

TEST_CASE(
    "cosine: cosine_reference warms up to 1.1 times the learning rate and decays over the rest",
    "[optim][schedule][cosine]") {
  const cosine_reference schedule{.learning_rate = 1e-3, .warmup = 5};
  CHECK(close(schedule(0, 25), 0.22e-3));
  CHECK(close(schedule(4, 25), 1.1e-3));
  for (index_t t = 5; t <= 25; ++t)
    REQUIRE(close(schedule(t, 25), formula(1e-3, static_cast<double>(t - 5), 20)));
  CHECK(close(schedule(60, 25), 1e-4));
}

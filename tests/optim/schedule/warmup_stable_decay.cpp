#include "support/catch.hpp"
#include <zer0/optim/schedule/warmup_stable_decay.hpp>

#include <cmath>

using namespace zer0;

namespace {

bool close(double a, double b) { return std::abs(a - b) <= 1e-15; }

}  // namespace

TEST_CASE("warmup_stable_decay: warmup, then one rate, then a straight line over the last fifth",
          "[optim][schedule][warmup_stable_decay]") {
  const warmup_stable_decay schedule{.learning_rate = 1e-3, .warmup = 4};
  CHECK(close(schedule(0, 100), 0.25e-3));
  CHECK(close(schedule(2, 100), 0.75e-3));
  for (index_t step = 3; step <= 80; ++step) REQUIRE(schedule(step, 100) == 1e-3);
  CHECK(close(schedule(81, 100), 0.95e-3));
  CHECK(close(schedule(90, 100), 0.5e-3));
  CHECK(close(schedule(99, 100), 0.05e-3));
  CHECK(schedule(100, 100) == 0);
}

TEST_CASE("warmup_stable_decay: one_minus_sqrt falls as 1 - sqrt does",
          "[optim][schedule][warmup_stable_decay]") {
  const warmup_stable_decay schedule{.learning_rate = 2e-3, .shape = decay_shape::one_minus_sqrt};
  CHECK(schedule(80, 100) == 2e-3);
  CHECK(close(schedule(85, 100), 1e-3));
  CHECK(close(schedule(90, 100), 2e-3 * (1 - std::sqrt(0.5))));
  CHECK(close(schedule(99, 100), 2e-3 * (1 - std::sqrt(0.95))));
  CHECK(schedule(100, 100) == 0);
}

TEST_CASE(
    "warmup_stable_decay: the share of steps and the floor are as given, beyond the last step too",
    "[optim][schedule][warmup_stable_decay]") {
  for (const decay_shape shape : {decay_shape::linear, decay_shape::one_minus_sqrt}) {
    const warmup_stable_decay schedule{
        .learning_rate = 1e-3, .decay = 0.5, .floor = 0.1, .shape = shape};
    CHECK(schedule(500, 1000) == 1e-3);
    const double left = shape == decay_shape::linear ? 0.75 : 0.5;
    CHECK(close(schedule(625, 1000), 1e-3 * (0.1 + 0.9 * left)));
    for (const index_t step : {1000, 1001, 5000}) CHECK(close(schedule(step, 1000), 1e-4));
  }
  CHECK(warmup_stable_decay{.learning_rate = 1e-3, .decay = 0}(999, 1000) == 1e-3);
  CHECK(close(warmup_stable_decay{.learning_rate = 1e-3, .decay = 1}(250, 1000), 0.75e-3));
}

TEST_CASE(
    "warmup_stable_decay: until the decay begins the rate does not depend on where the end is",
    "[optim][schedule][warmup_stable_decay]") {
  const warmup_stable_decay schedule{.learning_rate = 1e-3, .warmup = 5};
  for (index_t step = 0; step <= 80; ++step) REQUIRE(schedule(step, 100) == schedule(step, 1000));
}

TEST_CASE(
    "warmup_stable_decay: a warmup longer than what is left before the decay shortens the decay",
    "[optim][schedule][warmup_stable_decay]") {
  const warmup_stable_decay schedule{.learning_rate = 1e-3, .warmup = 8, .decay = 0.5};
  CHECK(close(schedule(6, 12), 0.875e-3));
  CHECK(schedule(7, 12) == 1e-3);
  CHECK(schedule(8, 12) == 1e-3);
  CHECK(close(schedule(9, 12), 0.75e-3));
  for (index_t warmup = 0; warmup < 12; ++warmup)
    for (index_t total = 0; total < 8; ++total)
      for (index_t step = 0; step < 12; ++step) {
        const double rate = warmup_stable_decay{1e-3, warmup}(step, total);
        REQUIRE((rate >= 0 && rate <= 1e-3));
      }
}

TEST_CASE("constant_rate: every step has the learning rate, beyond the last too",
          "[optim][schedule][constant_rate]") {
  const constant_rate schedule{.learning_rate = 3e-4};
  for (const index_t step : {0, 1, 50, 99, 100, 1000}) CHECK(schedule(step, 100) == 3e-4);
  CHECK(schedule(0, 0) == 3e-4);
}

TEST_CASE("constant_rate: warmup climbs in equal steps and ends at the learning rate",
          "[optim][schedule][constant_rate]") {
  const constant_rate schedule{.learning_rate = 1e-3, .warmup = 4};
  for (const index_t total : {2, 4, 100}) {
    CHECK(std::abs(schedule(0, total) - 0.25e-3) < 1e-15);
    CHECK(std::abs(schedule(1, total) - 0.5e-3) < 1e-15);
    CHECK(std::abs(schedule(2, total) - 0.75e-3) < 1e-15);
    CHECK(schedule(3, total) == 1e-3);
    CHECK(schedule(4, total) == 1e-3);
  }
  CHECK(constant_rate{1e-3, 1}(0, 10) == 1e-3);
}

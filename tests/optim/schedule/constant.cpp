#include "support/catch.hpp"
#include <zer0/optim/schedule/constant.hpp>

#include <cmath>

using zer0::constant_rate;
using zer0::index_t;

TEST_CASE("constant: every step has the learning rate, beyond the last too",
          "[optim][schedule][constant]") {
  const constant_rate schedule{.learning_rate = 3e-4};
  for (const index_t step : {0, 1, 50, 99, 100, 1000}) CHECK(schedule(step, 100) == 3e-4);
  CHECK(schedule(0, 0) == 3e-4);
}

TEST_CASE("constant: warmup climbs in equal steps and ends at the learning rate",
          "[optim][schedule][constant]") {
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

#include "support/catch.hpp"
#include <zer0/optim/loss_scale.hpp>

#include <limits>

using namespace zer0;
using support::contains;

static_assert(!loss_scale_for<float>::active && !loss_scale_for<double>::active);
static_assert(no_loss_scale::factor() == 1 && no_loss_scale::skipped_steps() == 0);

namespace {

constexpr loss_scale_rule quick{
    .initial = 8, .smallest = 2, .largest = 32, .growth_interval = 3, .patience = 2};

}  // namespace

TEST_CASE("loss_scale: doubles after growth_interval good steps in a row, up to the largest",
          "[optim][loss_scale]") {
  dynamic_loss_scale scale(quick);
  std::vector<double> factors;
  for (int i = 0; i < 11; ++i) {
    factors.push_back(scale.factor());
    scale.accept();
  }
  CHECK(factors == std::vector<double>{8, 8, 8, 16, 16, 16, 32, 32, 32, 32, 32});
  CHECK(scale.skipped_steps() == 0);
}

TEST_CASE(
    "loss_scale: a skipped step halves the scale, is counted, and starts the row of good steps "
    "anew",
    "[optim][loss_scale]") {
  dynamic_loss_scale scale(quick);
  scale.accept();
  scale.accept();
  scale.skip(3);
  CHECK(scale.factor() == 4);
  CHECK(scale.skipped_steps() == 1);
  scale.accept();
  scale.accept();
  CHECK(scale.factor() == 4);
  scale.accept();
  CHECK(scale.factor() == 8);
  CHECK(scale.skipped_steps() == 1);
}

TEST_CASE(
    "loss_scale: ends the run in one sentence after `patience` skipped steps in a row at the "
    "smallest scale",
    "[optim][loss_scale]") {
  dynamic_loss_scale scale(quick);
  scale.skip(1);
  scale.skip(2);
  CHECK(scale.factor() == 2);
  scale.skip(3);
  scale.accept();  // the row is broken
  scale.skip(5);
  scale.skip(6);
  CHECK(scale.factor() == 2);
  CHECK_THROWS_WITH(scale.skip(7),
                    contains("training diverged: gradients overflow float16 at step 7") &&
                        contains("the 2 steps before it") && contains("smallest loss scale (2)") &&
                        contains("bfloat16"));
  CHECK(scale.skipped_steps() == 5);
}

TEST_CASE("loss_scale: goes on from a saved state as if it had not stopped",
          "[optim][loss_scale]") {
  dynamic_loss_scale whole(quick);
  whole.skip(1);
  whole.accept();
  whole.accept();
  dynamic_loss_scale resumed(quick);
  resumed.restore(whole.now());
  for (int i = 0; i < 5; ++i) {
    CHECK(resumed.factor() == whole.factor());
    CHECK(resumed.skipped_steps() == whole.skipped_steps());
    whole.accept();
    resumed.accept();
  }
  CHECK_THROWS_WITH(resumed.restore({.factor = 3}), contains("3, not a power of two"));
}

TEST_CASE("loss_scale: refuses rules whose numbers do not fit together", "[optim][loss_scale]") {
  CHECK_THROWS_WITH(dynamic_loss_scale({.initial = 1000}), contains("must be a power of two"));
  CHECK_THROWS_WITH(dynamic_loss_scale({.initial = std::numeric_limits<double>::infinity()}),
                    contains("must be a power of two"));
  CHECK_THROWS_WITH(dynamic_loss_scale({.initial = 0x1p30}), contains("must lie between"));
  CHECK_THROWS_WITH(dynamic_loss_scale({.growth_interval = 0}), contains("growth_interval is 0"));
  CHECK_THROWS_WITH(dynamic_loss_scale({.patience = 0}), contains("patience 0"));
}

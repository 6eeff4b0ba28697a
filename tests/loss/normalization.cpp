#include "support/catch.hpp"
#include <zer0/loss/normalization.hpp>

using namespace zer0;

namespace {

/// Two pairs of answers, with `targets` tokens to learn.
token_batch pairs_with(int targets) {
  token_batch batch{.ids = std::vector<token_id>(8, 1),
                    .targets = std::vector<token_id>(8, 2),
                    .weights = std::vector<float>(8, 0),
                    .starts = {0, 2, 4, 6, 8}};
  for (int i = 0; i < targets; ++i) batch.weights[static_cast<std::size_t>(i)] = 1;
  return batch;
}

template <class Normalization>
void check_same(const any_normalization& any, const Normalization& one) {
  for (const int targets : {0, 3, 8}) {
    const token_batch batch = pairs_with(targets);
    const double counted = one.count(batch);
    CHECK(any.count(batch) == counted);
    CHECK(any.micro_factor(batch) == one.micro_factor(batch));
    for (const index_t batches : {1, 5})
      CHECK(any.window_factor(batches, counted) == one.window_factor(batches, counted));
  }
}

}  // namespace

TEST_CASE("any_normalization: each choice is the type of that meaning", "[loss][normalization]") {
  check_same({}, per_target_token());
  check_same({.means = true}, mean_of_means());
  check_same({.pairs = true}, per_pair());
}

TEST_CASE("any_normalization: the mean over micro-batches of the means over their pairs",
          "[loss][normalization]") {
  const any_normalization both{.means = true, .pairs = true};
  CHECK(both.count(pairs_with(3)) == 2);
  CHECK(both.micro_factor(pairs_with(3)) == 0.5);
  CHECK(both.window_factor(4, 8) == 0.25);
  token_batch none;
  none.starts = {0};
  CHECK(both.micro_factor(none) == 0);
}

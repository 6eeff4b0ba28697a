#include "support/catch.hpp"
#include <zer0/core/error.hpp>
#include <zer0/data/detail/permutation.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <numeric>
#include <vector>

using zer0::index_t;
using zer0::detail::permutation;

namespace {

std::vector<index_t> listed(const permutation& p) {
  std::vector<index_t> order(static_cast<std::size_t>(p.size()));
  for (index_t i = 0; i < p.size(); ++i) order[static_cast<std::size_t>(i)] = p(i);
  return order;
}

bool is_permutation_of_all(std::vector<index_t> order) {
  std::ranges::sort(order);
  for (std::size_t i = 0; i < order.size(); ++i)
    if (order[i] != static_cast<index_t>(i)) return false;
  return true;
}

/// Chi-square of counts that should be equal, in standard deviations above its mean.
double excess(const std::vector<double>& counts) {
  const double mean =
      std::accumulate(counts.begin(), counts.end(), 0.0) / static_cast<double>(counts.size());
  double chi2 = 0;
  for (const double c : counts) chi2 += (c - mean) * (c - mean) / mean;
  const double freedom = static_cast<double>(counts.size()) - 1;
  return (chi2 - freedom) / std::sqrt(2 * freedom);
}

}  // namespace

TEST_CASE("permutation: every index stands at exactly one position", "[data][permutation]") {
  for (index_t n = 0; n <= 300; ++n) {
    INFO(n);
    REQUIRE(is_permutation_of_all(listed({n == 7 ? 0u : 99u, static_cast<std::uint64_t>(n), n})));
  }
  for (const index_t n : {index_t{65'535}, index_t{65'536}, index_t{65'537}, index_t{100'003}})
    CHECK(is_permutation_of_all(listed({5, 1, n})));
}

TEST_CASE("permutation: an order is a function of seed, epoch and size", "[data][permutation]") {
  const auto order = listed({1, 0, 1000});
  CHECK(order == listed({1, 0, 1000}));
  CHECK(order != listed({2, 0, 1000}));
  CHECK(order != listed({1, 1, 1000}));
  CHECK(order != listed({1, std::uint64_t{1} << 32, 1000}));
  CHECK(order != listed({1 + (std::uint64_t{1} << 32), 0, 1000}));
  // Written down, so that a change of the function, which would change resumed runs, does not go
  // unseen.
  CHECK(listed({42, 3, 10}) == std::vector<index_t>{4, 1, 2, 8, 6, 7, 9, 5, 3, 0});
}

TEST_CASE("permutation: sizes near the limit stay in range", "[data][permutation]") {
  const index_t n = index_t{1} << 62;
  for (const index_t size : {n, n - 1, n - (index_t{1} << 40)}) {
    const permutation p(1, 2, size);
    for (const index_t i : {index_t{0}, index_t{1}, size / 3, size - 1}) {
      CHECK(p(i) >= 0);
      CHECK(p(i) < size);
    }
  }
  CHECK_THROWS_AS(permutation(1, 2, n + 1), zer0::error);
  CHECK_THROWS_AS(permutation(1, 2, -1), zer0::error);
}

TEST_CASE("permutation: all orders of a few records are equally frequent over epochs",
          "[data][permutation]") {
  for (const index_t n : {2, 3, 4, 5}) {
    std::map<std::vector<index_t>, double> seen;
    constexpr std::uint64_t epochs = 24'000;
    for (std::uint64_t epoch = 0; epoch < epochs; ++epoch) ++seen[listed({7, epoch, n})];
    std::vector<double> counts;
    for (const auto& [order, count] : seen) counts.push_back(count);
    counts.resize(static_cast<std::size_t>(std::tgamma(static_cast<double>(n) + 1) +
                                           0.5));  // those never seen count 0
    INFO(n);
    CHECK(excess(counts) < 5.0);
  }
}

TEST_CASE(
    "permutation: over epochs a record stands everywhere equally often, and so do its neighbours",
    "[data][permutation]") {
  for (const index_t n : {10, 97, 256}) {
    const auto size = static_cast<std::size_t>(n);
    std::vector<double> position_of(size * size);
    std::vector<double> difference(size);
    constexpr std::uint64_t epochs = 3'000;
    for (std::uint64_t epoch = 0; epoch < epochs; ++epoch) {
      const auto order = listed({123, epoch, n});
      for (std::size_t i = 0; i < size; ++i) {
        ++position_of[i * size + static_cast<std::size_t>(order[i])];
        const index_t next = order[(i + 1) % size];
        ++difference[static_cast<std::size_t>((next - order[i] + n) % n)];
      }
    }
    INFO(n);
    CHECK(std::abs(excess(position_of)) < 5.0);
    CHECK(difference[0] == 0);  // two positions never hold the same record
    difference.erase(difference.begin());
    CHECK(excess(difference) < 5.0);
  }
}

TEST_CASE("permutation: the halves of a large order are mixed", "[data][permutation]") {
  constexpr index_t n = 100'000;
  const permutation p(9, 0, n);
  constexpr std::size_t cells = 50;
  std::vector<double> table(cells * cells);
  for (index_t i = 0; i < n; ++i)
    ++table[static_cast<std::size_t>(i * 50 / n * 50 + p(i) * 50 / n)];
  CHECK(std::abs(excess(table)) < 5.0);
}

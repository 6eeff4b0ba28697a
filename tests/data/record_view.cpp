#include "support/catch.hpp"
#include "support/temp_dir.hpp"
#include <zer0/data/record_view.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <limits>
#include <map>
#include <numeric>
#include <string>
#include <type_traits>
#include <vector>

using zer0::index_t;
using zer0::permutation;

namespace {

static_assert(!std::is_constructible_v<zer0::record_view<std::string>,
                                       std::string>);  // a view of a temporary

struct numbered_records {
  index_t n;
  [[nodiscard]] index_t size() const { return n; }
  [[nodiscard]] std::string name() const { return "file"; }
};

std::vector<index_t> listed(const zer0::record_view<numbered_records>& view) {
  std::vector<index_t> all;
  for (index_t i = 0; i < view.size(); ++i) all.push_back(view[i]);
  return all;
}

}  // namespace

TEST_CASE("record_view: all records, or the chosen ones", "[data][record_view]") {
  const numbered_records records{5};
  CHECK(listed(records) == std::vector<index_t>{0, 1, 2, 3, 4});
  CHECK(listed({records, {1, 4}}) == std::vector<index_t>{1, 4});
  CHECK(listed({records, {}}).empty());
}

TEST_CASE("split: the two parts are all records, once each, in the file's order",
          "[data][record_view]") {
  for (const index_t n : {2, 3, 10, 1001})
    for (const double fraction : {1e-9, 0.05, 0.5, 0.999999}) {
      const numbered_records records{n};
      const auto parts = zer0::split(records, fraction, 1);
      auto train = listed(parts.train);
      const auto val = listed(parts.val);
      CHECK(std::ranges::is_sorted(train));
      CHECK(std::ranges::is_sorted(val));
      CHECK_FALSE(train.empty());
      CHECK_FALSE(val.empty());
      train.insert(train.end(), val.begin(), val.end());
      std::ranges::sort(train);
      CHECK(train == listed(records));
    }
  const numbered_records thousand{1000};
  CHECK(zer0::split(thousand, 0.05, 1).val.size() == 50);
}

TEST_CASE("split: the seed decides, and decides alone", "[data][record_view]") {
  const numbered_records records{1000};
  CHECK(listed(zer0::split(records, 0.1, 1).val) == listed(zer0::split(records, 0.1, 1).val));
  CHECK(listed(zer0::split(records, 0.1, 1).val) != listed(zer0::split(records, 0.1, 2).val));
}

TEST_CASE("split: what cannot be split is refused", "[data][record_view]") {
  const numbered_records records{10};
  for (const double fraction : {0.0, 1.0, -0.1, 1.5, std::numeric_limits<double>::quiet_NaN()})
    CHECK_THROWS_WITH(zer0::split(records, fraction, 1),
                      support::contains("must lie between 0 and 1"));
  const numbered_records one{1};
  CHECK_THROWS_WITH(zer0::split(one, 0.5, 1), support::contains("file has 1 record"));
}

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

TEST_CASE("record_files: validates with another file, with a part of the one, or not at all",
          "[data][record_view]") {
  const support::temp_dir dir;
  std::ofstream train(dir / "train.jsonl");
  for (int i = 0; i < 10; ++i) train << "{\"text\": \"" << i << "\"}\n";
  train.close();
  std::ofstream(dir / "val.jsonl") << "{\"text\": \"v\"}\n";
  using files = zer0::record_files<zer0::pretrain_records>;
  const auto names = [](const files& f) {
    std::vector<std::string> all;
    f.each_file([&](const zer0::pretrain_records& r) {
      all.push_back(std::filesystem::path(r.name()).filename().string());
    });
    return all;
  };
  const files alone(dir / "train.jsonl");
  CHECK(alone.train().size() == 10);
  CHECK_FALSE(alone.val());
  CHECK(names(alone) == std::vector<std::string>{"train.jsonl"});

  const files two(dir / "train.jsonl", dir / "val.jsonl", 0.5);
  CHECK(two.train().size() == 10);
  REQUIRE(two.val());
  std::string text;
  two.val()->read(0, text);
  CHECK(text == "v");
  CHECK(names(two) == std::vector<std::string>{"train.jsonl", "val.jsonl"});

  const files parts(dir / "train.jsonl", {}, 0.3, 7);
  const auto same = zer0::split(parts.train().records(), 0.3, 7);
  REQUIRE(parts.val());
  CHECK(parts.train().size() == 7);
  CHECK(parts.val()->size() == 3);
  for (index_t i = 0; i < 3; ++i) CHECK((*parts.val())[i] == same.val[i]);
  CHECK(names(parts) == std::vector<std::string>{"train.jsonl"});
  CHECK_THROWS_AS(files(dir / "train.jsonl", {}, -0.1), zer0::error);
}

TEST_CASE("permutation: every index stands at exactly one position", "[data][record_view]") {
  for (index_t n = 0; n <= 300; ++n) {
    INFO(n);
    REQUIRE(is_permutation_of_all(listed({n == 7 ? 0u : 99u, static_cast<std::uint64_t>(n), n})));
  }
  for (const index_t n : {index_t{65'535}, index_t{65'536}, index_t{65'537}, index_t{100'003}})
    CHECK(is_permutation_of_all(listed({5, 1, n})));
}

TEST_CASE("permutation: an order is a function of seed, epoch and size", "[data][record_view]") {
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

TEST_CASE("permutation: sizes near the limit stay in range", "[data][record_view]") {
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
          "[data][record_view]") {
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
    "[data][record_view]") {
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

TEST_CASE("permutation: the halves of a large order are mixed", "[data][record_view]") {
  constexpr index_t n = 100'000;
  const permutation p(9, 0, n);
  constexpr std::size_t cells = 50;
  std::vector<double> table(cells * cells);
  for (index_t i = 0; i < n; ++i)
    ++table[static_cast<std::size_t>(i * 50 / n * 50 + p(i) * 50 / n)];
  CHECK(std::abs(excess(table)) < 5.0);
}

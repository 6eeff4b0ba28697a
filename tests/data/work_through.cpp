#include "support/catch.hpp"
#include <zer0/data/detail/work_through.hpp>

#include <atomic>
#include <stdexcept>
#include <string>
#include <vector>

using zer0::index_t;
using zer0::detail::work_through;

namespace {

const auto ignore = [](index_t) {};

}  // namespace

TEST_CASE("work_through: every index is worked on once", "[data][work_through]") {
  for (const index_t n : {0, 1, 7, 8, 9, 1000})
    for (const int workers : {-1, 0, 1, 2, 5}) {
      std::vector<std::atomic<int>> seen(static_cast<std::size_t>(n));
      std::vector<index_t> told;
      work_through(
          n, 8, workers,
          [&](index_t begin, index_t end) {
            for (index_t i = begin; i < end; ++i) ++seen[static_cast<std::size_t>(i)];
            return true;
          },
          [&](index_t done) { told.push_back(done); });
      CHECK(std::ranges::all_of(seen, [](int count) { return count == 1; }));
      CHECK(std::ranges::is_sorted(told));
      CHECK(told.back() == n);
    }
}

TEST_CASE("work_through: the first failure is the one that is told, whatever the number of threads",
          "[data][work_through]") {
  for (const int workers : {1, 2, 4, 8})
    for (int repeat = 0; repeat < 20; ++repeat) {
      const auto work = [](index_t begin, index_t) {
        if (begin >= 333) throw std::runtime_error("piece " + std::to_string(begin));
        return true;
      };
      CHECK_THROWS_WITH(work_through(10'000, 3, workers, work, ignore), "piece 333");
    }
}

TEST_CASE("work_through: false stops it, without progress to the end", "[data][work_through]") {
  std::atomic<index_t> pieces{0};
  index_t told = 0;
  work_through(
      1'000'000, 1, 2, [&](index_t begin, index_t) { return ++pieces, begin < 10; },
      [&](index_t done) { told = done; });
  CHECK(pieces >= 11);
  CHECK(pieces < 1000);
  CHECK(told < 1000);
}

TEST_CASE("work_through: an exception of the progress callback comes out", "[data][work_through]") {
  const auto work = [](index_t, index_t) { return true; };
  const auto progress = [](index_t) { throw std::runtime_error("enough"); };
  CHECK_THROWS_WITH(work_through(1000, 1, 3, work, progress), "enough");
}

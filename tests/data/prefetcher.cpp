#include "support/catch.hpp"
#include <zer0/data/detail/prefetcher.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using zer0::index_t;

namespace {

using batch = std::vector<index_t>;
using int_prefetcher = zer0::detail::prefetcher<batch, index_t>;

const auto nothing = [] {};

/// Batch i is {i, the number of plans made before its own}.
struct counting_source {
  index_t plans = 0;
  int_prefetcher ahead;

  explicit counting_source(int workers)
      : ahead(
            workers, [this](index_t i) { return i * 1000 + plans++; },
            [](index_t job, int, batch& out) {
              if (job % 3000 == 0) std::this_thread::sleep_for(std::chrono::microseconds(200));
              out = {job / 1000, job % 1000};
            }) {}
};

std::vector<batch> rest_of(int_prefetcher& ahead) {
  std::vector<batch> all;
  batch b;
  while (ahead.next(b)) all.push_back(b);
  return all;
}

}  // namespace

TEST_CASE("prefetcher: batches come in order and are planned in order", "[data][prefetcher]") {
  for (const int workers : {0, 1, 2, 4}) {
    counting_source source(workers);
    source.ahead.seek(3, 103, nothing);
    const auto all = rest_of(source.ahead);
    REQUIRE(all.size() == 100);
    for (index_t i = 0; i < 100; ++i) CHECK(all[static_cast<std::size_t>(i)] == batch{i + 3, i});
    batch b;
    CHECK_FALSE(source.ahead.next(b));
  }
}

TEST_CASE("prefetcher: before the first seek there is nothing", "[data][prefetcher]") {
  for (const int workers : {0, 2}) {
    counting_source source(workers);
    batch b;
    CHECK_FALSE(source.ahead.next(b));
  }
}

TEST_CASE("prefetcher: after a seek nothing of before comes out", "[data][prefetcher]") {
  for (const int workers : {0, 1, 3}) {
    counting_source source(workers);
    for (index_t round = 0; round < 50; ++round) {
      source.ahead.seek(round, round + 20, [&] { source.plans = 0; });
      batch b;
      for (index_t i = 0; i < round % 7; ++i) {
        REQUIRE(source.ahead.next(b));
        REQUIRE(b == batch{round + i, i});
      }
    }
  }
}

TEST_CASE("prefetcher: what building a batch throws comes out at that batch, until the next seek",
          "[data][prefetcher]") {
  for (const int workers : {0, 1, 4}) {
    int_prefetcher ahead(
        workers,
        [](index_t i) {
          if (i == 7) throw std::runtime_error("plan 7");
          return i;
        },
        [](index_t i, int, batch& out) {
          if (i == 4) throw std::runtime_error("build 4");
          out = {i};
        });
    batch b;
    ahead.seek(2, 6, nothing);
    CHECK(ahead.next(b));
    CHECK(ahead.next(b));
    CHECK_THROWS_WITH(ahead.next(b), "build 4");
    CHECK_THROWS_WITH(ahead.next(b), "build 4");
    ahead.seek(5, 9, nothing);
    CHECK(ahead.next(b));
    CHECK(b == batch{5});
    CHECK(ahead.next(b));
    CHECK_THROWS_WITH(ahead.next(b), "plan 7");
    ahead.seek(8, 9, nothing);
    CHECK(ahead.next(b));
    CHECK_FALSE(ahead.next(b));
  }
}

TEST_CASE("prefetcher: it ends at any moment without hanging", "[data][prefetcher]") {
  for (int taken = 0; taken < 30; ++taken) {
    counting_source source(1 + taken % 4);
    if (taken % 5 != 0) source.ahead.seek(0, 25, nothing);
    batch b;
    for (int i = 0; i < taken; ++i) source.ahead.next(b);
  }
  SUCCEED();
}

TEST_CASE("prefetcher: workers stay a bounded number of batches ahead", "[data][prefetcher]") {
  std::atomic<index_t> built{0};
  int_prefetcher ahead(2, [](index_t i) { return i; }, [&](index_t, int, batch&) { ++built; });
  ahead.seek(0, 1000, nothing);
  batch b;
  for (int i = 0; i < 10; ++i) ahead.next(b);
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  CHECK(built == 14);  // ten taken, and a ring of two a worker
}

TEST_CASE("prefetcher: the caller's memory goes round", "[data][prefetcher]") {
  int_prefetcher ahead(
      1, [](index_t i) { return i; }, [](index_t i, int, batch& out) { out.assign(1000, i); });
  ahead.seek(0, 100, nothing);
  batch b;
  std::vector<const index_t*> addresses;
  for (int i = 0; i < 100; ++i) {
    REQUIRE(ahead.next(b));
    addresses.push_back(b.data());
  }
  std::ranges::sort(addresses);
  addresses.erase(std::unique(addresses.begin(), addresses.end()), addresses.end());
  CHECK(addresses.size() <= 4);  // two in the ring, the worker's, the caller's
}

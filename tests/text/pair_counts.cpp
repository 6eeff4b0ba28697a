#include "support/catch.hpp"
#include <zer0/text/detail/pair_counts.hpp>

#include <map>
#include <random>

using namespace zer0::detail;

TEST_CASE("pair_counts: a key holds its pair, and keys are ordered as pairs are", "[text][pair_counts]") {
  CHECK(left_of(key_of_pair(7, 2'000'000'000)) == 7);
  CHECK(right_of(key_of_pair(7, 2'000'000'000)) == 2'000'000'000);
  CHECK(key_of_pair(1, 2'000'000'000) < key_of_pair(2, 0));
  CHECK(key_of_pair(1, 3) < key_of_pair(1, 4));
}

TEST_CASE("pair_counts: counts of many pairs are kept apart", "[text][pair_counts]") {
  std::mt19937 random(1);
  pair_counts counts;
  std::map<pair_key, std::int64_t> expected;
  for (int i = 0; i < 100000; ++i) {
    const pair_key pair =
        key_of_pair(static_cast<zer0::token_id>(random() % 300), static_cast<zer0::token_id>(random() % 300));
    const auto by = static_cast<std::int64_t>(random() % 9) - 4;
    counts[pair] += by;
    expected[pair] += by;
  }
  bool same = true;
  for (const auto& [pair, count] : expected) same = same && counts[pair] == count;
  CHECK(same);
  CHECK(counts[key_of_pair(301, 0)] == 0);
}

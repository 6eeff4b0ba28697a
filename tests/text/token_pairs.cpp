#include "support/catch.hpp"
#include <zer0/text/detail/token_pairs.hpp>

#include <map>
#include <random>

using namespace zer0::detail;

TEST_CASE("pair_counts: a key holds its pair, and keys are ordered as pairs are",
          "[text][token_pairs]") {
  CHECK(left_of(key_of_pair(7, 2'000'000'000)) == 7);
  CHECK(right_of(key_of_pair(7, 2'000'000'000)) == 2'000'000'000);
  CHECK(key_of_pair(1, 2'000'000'000) < key_of_pair(2, 0));
  CHECK(key_of_pair(1, 3) < key_of_pair(1, 4));
}

TEST_CASE("pair_counts: counts of many pairs are kept apart", "[text][token_pairs]") {
  std::mt19937 random(1);
  pair_counts counts;
  std::map<pair_key, std::int64_t> expected;
  for (int i = 0; i < 100000; ++i) {
    const pair_key pair = key_of_pair(static_cast<zer0::token_id>(random() % 300),
                                      static_cast<zer0::token_id>(random() % 300));
    const auto by = static_cast<std::int64_t>(random() % 9) - 4;
    counts[pair] += by;
    expected[pair] += by;
  }
  bool same = true;
  for (const auto& [pair, count] : expected) same = same && counts[pair] == count;
  CHECK(same);
  CHECK(counts[key_of_pair(301, 0)] == 0);
}

TEST_CASE("merge_table: holds what was put in, the last of equals", "[text][token_pairs]") {
  merge_table table(5000);
  std::mt19937 random(8);
  std::map<std::pair<zer0::token_id, zer0::token_id>, bpe_merge> expected;
  for (std::uint32_t i = 0; i < 5000; ++i) {
    const auto left = static_cast<zer0::token_id>(random() % 100);
    const auto right = static_cast<zer0::token_id>(random() % 100);
    table.set(left, right, {i, static_cast<zer0::token_id>(i)});
    expected[{left, right}] = {i, static_cast<zer0::token_id>(i)};
  }
  for (zer0::token_id left = 0; left < 100; ++left) {
    for (zer0::token_id right = 0; right < 100; ++right) {
      const auto found = expected.find({left, right});
      CHECK(table.get(left, right).rank ==
            (found == expected.end() ? bpe_merge::never : found->second.rank));
    }
  }
}

#include "support/catch.hpp"
#include <zer0/data/detail/row_packing.hpp>

#include <algorithm>
#include <numeric>
#include <random>
#include <vector>

using lengths = std::vector<std::uint32_t>;
using zer0::index_t;
using zer0::detail::pack_rows;

namespace {

std::vector<lengths> rows_of(const zer0::detail::packed_rows& packed) {
  std::vector<lengths> rows;
  for (index_t i = 0; i < packed.size(); ++i)
    rows.emplace_back(packed.row(i).begin(), packed.row(i).end());
  return rows;
}

}  // namespace

TEST_CASE("pack_rows: the longest go first, each into the fullest row with room",
          "[data][row_packing]") {
  CHECK(rows_of(pack_rows(lengths{2, 5, 4, 7, 1, 3, 8}, 10)) ==
        std::vector<lengths>{{6, 0}, {3, 5}, {1, 2, 4}});
  CHECK(rows_of(pack_rows(lengths{3, 3, 3}, 3)) == std::vector<lengths>{{0}, {1}, {2}});
  CHECK(rows_of(pack_rows(lengths{0, 2, 0, 2}, 4)) == std::vector<lengths>{{1, 3}});
  CHECK(pack_rows(lengths{}, 4).size() == 0);
  CHECK(pack_rows(lengths{0, 0}, 4).size() == 0);
}

TEST_CASE("pack_rows: every sample is in one row, none is too long, and little room is left",
          "[data][row_packing]") {
  std::mt19937 random(3);
  for (const std::uint32_t capacity : {1u, 7u, 64u, 512u}) {
    lengths all(1000);
    for (std::uint32_t& n : all) n = random() % (capacity + 1);
    const auto rows = rows_of(pack_rows(all, capacity));
    std::vector<int> seen(all.size());
    for (const lengths& row : rows) {
      std::uint32_t sum = 0;
      for (const std::uint32_t i : row) {
        sum += all[i];
        ++seen[i];
      }
      CHECK((sum > 0 && sum <= capacity));
    }
    for (std::size_t i = 0; i < all.size(); ++i) CHECK(seen[i] == (all[i] > 0 ? 1 : 0));
    const auto tokens = std::accumulate(all.begin(), all.end(), std::uint64_t{0});
    const std::uint64_t fewest = (tokens + capacity - 1) / capacity;
    CHECK(rows.size() <= fewest * 11 / 9 + 4);
  }
}

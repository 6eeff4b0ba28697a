// Which samples share a row.
#pragma once

#include <zer0/core/types.hpp>

#include <algorithm>
#include <cstdint>
#include <map>
#include <numeric>
#include <span>
#include <vector>

namespace zer0 {

/// Rows of samples. Memory: 4 bytes a sample, 4 a row.
struct packed_rows {
  std::vector<std::uint32_t> samples;     ///< of row 0, then of row 1, ...
  std::vector<std::uint32_t> begins{0u};  ///< (rows + 1) where each row's samples begin

  [[nodiscard]] index_t size() const { return static_cast<index_t>(begins.size()) - 1; }
  [[nodiscard]] std::span<const std::uint32_t> row(index_t i) const {
    const auto at = static_cast<std::size_t>(i);
    return std::span(samples).subspan(begins[at], begins[at + 1] - begins[at]);
  }
};

/// Puts whole samples into as few rows of at most `capacity` as best fit decreasing finds: the longest first, each into
/// the fullest row that has room. At most 11/9 of the fewest possible and 4 more. A function of the lengths alone;
/// samples of length 0 are left out, longer ones than `capacity` must not be there. O(n log n).
/// Source: Johnson et al. 1974, "Worst-case performance bounds for simple one-dimensional packing algorithms".
[[nodiscard]] inline packed_rows pack_rows(std::span<const std::uint32_t> lengths, std::uint32_t capacity) {
  std::vector<std::uint32_t> order;
  for (std::size_t i = 0; i < lengths.size(); ++i)
    if (lengths[i] > 0) order.push_back(static_cast<std::uint32_t>(i));
  std::ranges::stable_sort(order, [&](std::uint32_t a, std::uint32_t b) { return lengths[a] > lengths[b]; });

  std::vector<std::uint32_t> row_of(order.size());
  std::map<std::uint32_t, std::vector<std::uint32_t>> open;  // room -> rows that have it
  std::uint32_t rows = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const std::uint32_t length = lengths[order[i]];
    std::uint32_t room = capacity;
    std::uint32_t row = rows;
    if (const auto fit = open.lower_bound(length); fit != open.end()) {
      room = fit->first;
      row = fit->second.back();
      fit->second.pop_back();
      if (fit->second.empty()) open.erase(fit);
    } else {
      ++rows;
    }
    row_of[i] = row;
    if (room > length) open[room - length].push_back(row);
  }

  packed_rows result;
  result.begins.assign(std::size_t{rows} + 1, 0);
  for (const std::uint32_t row : row_of) ++result.begins[std::size_t{row} + 1];
  std::partial_sum(result.begins.begin(), result.begins.end(), result.begins.begin());
  std::vector<std::uint32_t> next(result.begins.begin(), result.begins.end() - 1);
  result.samples.resize(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) result.samples[next[row_of[i]]++] = order[i];
  return result;
}

}  // namespace zer0

// Bodies of zer0/data/detail/row_packing.hpp.
#pragma once

#include <zer0/data/detail/row_packing.hpp>

#include <algorithm>
#include <cstddef>
#include <map>
#include <numeric>

namespace zer0::detail {

ZER0_INLINE packed_rows pack_rows(std::span<const std::uint32_t> lengths, std::uint32_t capacity) {
  std::vector<std::uint32_t> order;
  for (std::size_t i = 0; i < lengths.size(); ++i)
    if (lengths[i] > 0) order.push_back(static_cast<std::uint32_t>(i));
  std::stable_sort(order.begin(), order.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return lengths[a] > lengths[b]; });

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

}  // namespace zer0::detail

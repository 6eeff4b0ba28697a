// Which samples share a row.
#pragma once

#include <zer0/core/detail/compiled.hpp>
#include <zer0/core/types.hpp>

#include <cstdint>
#include <span>
#include <vector>

namespace zer0::detail {

/// Rows of samples. Memory: 4 bytes a sample, 4 a row if rows are shared.
struct packed_rows {
  std::vector<std::uint32_t> samples;  ///< of row 0, then of row 1, ...
  std::vector<std::uint32_t> begins;  ///< (rows + 1) where rows begin in `samples`; empty: one each

  [[nodiscard]] index_t size() const {
    return static_cast<index_t>(begins.empty() ? samples.size() : begins.size() - 1);
  }
  [[nodiscard]] std::span<const std::uint32_t> row(index_t i) const {
    const auto at = static_cast<std::size_t>(i);
    if (begins.empty()) return std::span(samples).subspan(at, 1);
    return std::span(samples).subspan(begins[at], begins[at + 1] - begins[at]);
  }
};

/// Puts whole samples into few rows of at most `capacity` tokens by best fit decreasing: the
/// longest sample first, each into the fullest row that has room. At most 11/9 of the fewest rows
/// possible, and 4 more. Depends on the lengths alone. Samples of length 0 are left out; none may
/// be longer than `capacity`. O(n log n). Source: Johnson et al. 1974, "Worst-case performance
/// bounds for simple one-dimensional packing algorithms".
[[nodiscard]] packed_rows pack_rows(std::span<const std::uint32_t> lengths, std::uint32_t capacity);

}  // namespace zer0::detail

#ifndef ZER0_COMPILED
#include <zer0/data/detail/row_packing.ipp>
#endif

// Bodies of zer0/data/record_view.hpp.
#pragma once

#include <zer0/core/error.hpp>
#include <zer0/data/detail/permutation.hpp>
#include <zer0/data/record_view.hpp>

#include <algorithm>
#include <cmath>

namespace zer0::detail {

ZER0_INLINE index_split split_indices(index_t n, const std::string& name, double val_fraction,
                                      std::uint64_t seed) {
  require(val_fraction > 0 && val_fraction < 1, "val_fraction is ", val_fraction,
          "; it must lie between 0 and 1");
  require(n >= 2, name, " has ", n, " record; a split into training and validation needs two");
  const auto wanted = static_cast<index_t>(std::llround(val_fraction * static_cast<double>(n)));
  const index_t val_size = std::clamp<index_t>(wanted, 1, n - 1);

  // A constant instead of an epoch number gives an order that no epoch's shuffling repeats.
  const permutation order(seed, ~std::uint64_t{0}, n);
  std::vector<index_t> val(static_cast<std::size_t>(val_size));
  for (index_t i = 0; i < val_size; ++i) val[static_cast<std::size_t>(i)] = order(i);
  std::sort(val.begin(), val.end());
  std::vector<index_t> train;
  train.reserve(static_cast<std::size_t>(n - val_size));
  for (index_t i = 0, next = 0; i < n; ++i) {
    if (next < val_size && val[static_cast<std::size_t>(next)] == i) {
      ++next;
    } else {
      train.push_back(i);
    }
  }
  return {std::move(train), std::move(val)};
}

}  // namespace zer0::detail

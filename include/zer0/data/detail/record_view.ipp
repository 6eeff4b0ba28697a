// Bodies of zer0/data/record_view.hpp.
#pragma once

#include <zer0/core/philox.hpp>
#include <zer0/data/record_view.hpp>

#include <algorithm>
#include <cmath>

namespace zer0 {

ZER0_INLINE permutation::permutation(std::uint64_t seed, std::uint64_t epoch, index_t n)
    : n_(static_cast<std::uint64_t>(n)) {
  require(n >= 0 && n <= index_t{1} << 62, "permutation: n is ", n, ", not from 0 to 2^62");
  a_ = 1;
  while (a_ * a_ < n_) a_ *= 2;
  for (std::uint64_t step = a_ / 2; step > 0; step /= 2)  // the smallest a with a * a >= n
    if (const std::uint64_t less = a_ - step; less * less >= n_) a_ = less;
  b_ = n_ == 0 ? 1 : (n_ + a_ - 1) / a_;
  if (n_ < 4096) rounds_ = most_rounds;  // on a small rectangle a round mixes little
  for (std::uint32_t r = 0; r < most_rounds; r += 2) {
    const auto words = philox4x32({r, shuffle_site, static_cast<std::uint32_t>(epoch),
                                   static_cast<std::uint32_t>(epoch >> 32)},
                                  philox_key_of(seed));
    keys_[r] = words[0] | std::uint64_t{words[1]} << 32;
    keys_[r + 1] = words[2] | std::uint64_t{words[3]} << 32;
  }
}

namespace detail {

ZER0_INLINE index_split split_indices(index_t n, const std::string& name, double val_fraction,
                                      std::uint64_t seed) {
  require(val_fraction > 0 && val_fraction < 1, "val_fraction is ", val_fraction,
          "; it must lie between 0 and 1");
  require(n >= 2, name, " has ", n, " record; a split into training and validation needs two");
  const auto wanted = static_cast<index_t>(std::llround(val_fraction * static_cast<double>(n)));
  const index_t val_size = std::clamp<index_t>(wanted, 1, n - 1);

  // A constant in place of an epoch: an order of its own, which no epoch's shuffling repeats.
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

}  // namespace detail

}  // namespace zer0

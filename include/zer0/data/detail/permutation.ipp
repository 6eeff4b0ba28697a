// Bodies of zer0/data/detail/permutation.hpp.
#pragma once

#include <zer0/core/error.hpp>
#include <zer0/core/philox.hpp>
#include <zer0/data/detail/permutation.hpp>

namespace zer0::detail {

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

}  // namespace zer0::detail

// A random order that is computed, not stored.
#pragma once

#include <zer0/core/detail/compiled.hpp>
#include <zer0/core/types.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace zer0::detail {

/// A random order of 0..n-1 as a function: which index stands at position i. It depends on (seed,
/// epoch, n) only, so it is the same on every machine and for every number of threads. Memory: none
/// for the order. Time: 30 to 100 ns a position. A Feistel network over a rectangle of a x b >= n
/// numbers, with round keys from Philox; a result outside of 0..n-1 goes through the network again.
/// Source: Black and Rogaway 2002, "Ciphers with arbitrary finite domains".
class permutation {
 public:
  permutation() = default;

  /// Throws: zer0::error for n < 0 or n > 2^62.
  permutation(std::uint64_t seed, std::uint64_t epoch, index_t n);

  [[nodiscard]] index_t size() const { return static_cast<index_t>(n_); }

  /// The index at position i, 0 <= i < size().
  [[nodiscard]] index_t operator()(index_t i) const {
    auto x = static_cast<std::uint64_t>(i);
    do x = once(x);
    while (x >= n_);
    return static_cast<index_t>(x);
  }

 private:
  static constexpr std::uint32_t most_rounds = 24;
  static constexpr std::uint32_t shuffle_site =
      0x5348'5546;  // keeps its words apart from other uses of the same seed

  /// One pass of the network, a bijection of 0..a*b-1.
  [[nodiscard]] std::uint64_t once(std::uint64_t x) const {
    std::uint64_t left = x % a_;
    std::uint64_t right = x / a_;
    for (std::size_t r = 0; r < rounds_; r += 2) {
      left = wrapped(left + below(right ^ keys_[r], a_), a_);
      right = wrapped(right + below(left ^ keys_[r + 1], b_), b_);
    }
    return right * a_ + left;
  }

  /// A hash of x that is below `limit` (< 2^32). The mixing is MurmurHash3's finalizer.
  [[nodiscard]] static std::uint64_t below(std::uint64_t x, std::uint64_t limit) {
    x = (x ^ (x >> 33)) * 0xff51afd7ed558ccdu;
    x = (x ^ (x >> 33)) * 0xc4ceb9fe1a85ec53u;
    return ((x >> 32) * limit) >> 32;
  }

  [[nodiscard]] static std::uint64_t wrapped(std::uint64_t x, std::uint64_t limit) {
    return x < limit ? x : x - limit;
  }

  std::uint64_t n_ = 0;
  std::uint64_t a_ = 1;
  std::uint64_t b_ = 1;
  std::size_t rounds_ = 10;
  std::array<std::uint64_t, most_rounds> keys_{};
};

}  // namespace zer0::detail

#ifndef ZER0_COMPILED
#include <zer0/data/detail/permutation.ipp>
#endif

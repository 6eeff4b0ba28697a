// Random numbers as a function of their place, by Philox 4x32-10: no state, so they are equal on
// every device.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>

namespace zer0 {

using philox_counter = std::array<std::uint32_t, 4>;
using philox_key = std::array<std::uint32_t, 2>;

/// Four random 32-bit words that depend on `counter` and `key` only: no state, so the same on every
/// thread and device. Different counters under one key give independent words; a key names a stream
/// (seed, layer). Source: Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3", with
/// its ten rounds.
[[nodiscard]] constexpr std::array<std::uint32_t, 4> philox4x32(philox_counter counter,
                                                                philox_key key) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t a = std::uint64_t{0xD2511F53u} * counter[0];
    const std::uint64_t b = std::uint64_t{0xCD9E8D57u} * counter[2];
    counter = {
        static_cast<std::uint32_t>(b >> 32) ^ counter[1] ^ key[0], static_cast<std::uint32_t>(b),
        static_cast<std::uint32_t>(a >> 32) ^ counter[3] ^ key[1], static_cast<std::uint32_t>(a)};
    key[0] += 0x9E3779B9u;
    key[1] += 0xBB67AE85u;
  }
  return counter;
}

/// The two halves of a 64-bit seed as a key.
[[nodiscard]] constexpr philox_key philox_key_of(std::uint64_t seed) {
  return {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)};
}

/// A random word as a float in [0, 1): its upper 24 bits, so that every value is exact and 1 is
/// never reached.
[[nodiscard]] constexpr float uniform01(std::uint32_t bits) {
  return static_cast<float>(bits >> 8) * 0x1p-24f;
}

/// Four independent standard normal numbers from one block of random words (Box and Muller 1958).
/// Computed in double and then rounded, so that machines differ only where their log, sin and cos
/// differ by more than a float resolves. The largest possible magnitude is 6.66.
[[nodiscard]] inline std::array<float, 4> standard_normals(
    const std::array<std::uint32_t, 4>& bits) {
  constexpr double two_pi = 6.283185307179586476925;
  std::array<float, 4> result{};
  for (std::size_t pair = 0; pair < 4; pair += 2) {
    const double u =
        (static_cast<double>(bits[pair]) + 1.0) * 0x1p-32;  // (0, 1]: its logarithm is finite
    const double angle = two_pi * 0x1p-32 * static_cast<double>(bits[pair + 1]);
    const double radius = std::sqrt(-2.0 * std::log(u));
    result[pair] = static_cast<float>(radius * std::cos(angle));
    result[pair + 1] = static_cast<float>(radius * std::sin(angle));
  }
  return result;
}

/// Names a matrix of random numbers: its element (row, col) is word col % 4 of Philox 4x32-10 with
/// key `seed` and counter (col / 4, row, site, step). The numbers are equal on every device and for
/// every number of threads; they are recomputed, never stored.
struct random_stream {
  std::uint64_t seed = 0;
  std::uint32_t site = 0;  ///< the layer or purpose that asks
  std::uint32_t step = 0;  ///< which micro-batch, counted from the start of training
};

/// Dropout with probability p drops an element if its random word is below this number, p * 2^32:
/// the same integer on every device.
[[nodiscard]] constexpr std::uint32_t drop_below(double p) {
  return static_cast<std::uint32_t>(p * 4294967296.0);
}

}  // namespace zer0

// Where a random number comes from: a place in the program, not a state.
#pragma once

#include <cstdint>

namespace zer0 {

/// Names a matrix of random numbers: element (row, col) of it is word col % 4 of Philox 4x32-10 with key `seed` and
/// counter (col / 4, row, site, step). Equal on every device and for every number of threads; recomputed, never stored.
struct random_stream {
  std::uint64_t seed = 0;
  std::uint32_t site = 0;  ///< which layer or purpose asks
  std::uint32_t step = 0;  ///< which micro-batch, counted from the start of training
};

/// An element is dropped where its random word is below this: p * 2^32, the same integer on every device.
[[nodiscard]] constexpr std::uint32_t drop_below(double p) { return static_cast<std::uint32_t>(p * 4294967296.0); }

}  // namespace zer0

// Random numbers for tests: equal on every machine for a seed, and floats, so that all devices
// start from the same.
#pragma once

#include <zer0/core/philox.hpp>
#include <zer0/core/types.hpp>

#include <cmath>
#include <vector>

namespace support {

/// n normal numbers, rounded to float.
inline std::vector<double> normal_numbers(zer0::index_t n, std::uint32_t seed, double deviation = 1,
                                          double mean = 0) {
  std::vector<double> out;
  for (std::uint32_t block = 0; static_cast<zer0::index_t>(out.size()) < n; ++block)
    for (const float z : zer0::standard_normals(zer0::philox4x32({block, 0, 0, 0xbeef}, {seed, 0})))
      out.push_back(
          static_cast<double>(static_cast<float>(mean + deviation * static_cast<double>(z))));
  out.resize(static_cast<std::size_t>(n));
  return out;
}

/// n token ids of a vocabulary.
inline std::vector<std::int32_t> random_tokens(zer0::index_t n, zer0::index_t vocab,
                                               std::uint32_t seed) {
  std::vector<std::int32_t> out;
  for (std::uint32_t i = 0; static_cast<zer0::index_t>(out.size()) < n; ++i)
    out.push_back(static_cast<std::int32_t>(zer0::philox4x32({i, 0, 0, 0xf00d}, {seed, 0})[0] %
                                            static_cast<std::uint32_t>(vocab)));
  return out;
}

/// The largest difference, relative to the largest magnitude of `expected`; infinite for NaN and
/// for unequal sizes.
template <class A, class B>
double difference(const std::vector<A>& actual, const std::vector<B>& expected) {
  if (actual.size() != expected.size()) return HUGE_VAL;
  double worst = 0;
  double largest = 1e-300;
  for (std::size_t i = 0; i < actual.size(); ++i) {
    const double wrong =
        std::abs(static_cast<double>(actual[i]) - static_cast<double>(expected[i]));
    if (std::isnan(wrong)) return HUGE_VAL;
    worst = wrong > worst ? wrong : worst;
    largest = std::max(largest, std::abs(static_cast<double>(expected[i])));
  }
  return worst / largest;
}

}  // namespace support

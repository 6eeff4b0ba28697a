#include "support/catch.hpp"
#include <zer0/core/philox.hpp>

#include <cmath>
#include <cstdint>

using zer0::philox4x32;

namespace {

// The known answers are those of the Random123 distribution (kat_vectors, "philox4x32 10").
static_assert(philox4x32({0, 0, 0, 0}, {0, 0}) ==
              zer0::philox_counter{0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u});

constexpr std::uint32_t ones = 0xffffffffu;

}  // namespace

TEST_CASE("philox: the known answers of Random123 come out", "[core][philox]") {
  CHECK(philox4x32({0, 0, 0, 0}, {0, 0}) ==
        zer0::philox_counter{0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u});
  CHECK(philox4x32({ones, ones, ones, ones}, {ones, ones}) ==
        zer0::philox_counter{0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu});
  CHECK(philox4x32({0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u},
                   {0xa4093822u, 0x299f31d0u}) ==
        zer0::philox_counter{0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u});
}

TEST_CASE("philox: a seed's lower half is the first word of the key", "[core][philox]") {
  CHECK(zer0::philox_key_of(0x299f31d0a4093822u) == zer0::philox_key{0xa4093822u, 0x299f31d0u});
}

TEST_CASE("philox: uniform01 stays in [0, 1) and has mean 1/2", "[core][philox]") {
  CHECK(zer0::uniform01(0) == 0.0f);
  CHECK(zer0::uniform01(ones) < 1.0f);
  CHECK(zer0::uniform01(0x80000000u) == 0.5f);
  double sum = 0;
  double squares = 0;
  constexpr std::uint32_t blocks = 20000;
  for (std::uint32_t i = 0; i < blocks; ++i) {
    for (const std::uint32_t bits : philox4x32({i, 0, 0, 0}, {7, 0})) {
      const double u = zer0::uniform01(bits);
      sum += u;
      squares += u * u;
    }
  }
  const double n = 4.0 * blocks;
  const double mean = sum / n;
  CHECK(std::abs(mean - 0.5) <
        5.0 * std::sqrt(1.0 / 12.0 / n));  // five standard deviations of the mean
  CHECK(std::abs(squares / n - mean * mean - 1.0 / 12.0) < 0.001);
}

TEST_CASE("philox: standard_normals has mean 0, variance 1 and kurtosis 3", "[core][philox]") {
  double sum = 0;
  double squares = 0;
  double fourths = 0;
  double neighbours = 0;
  constexpr std::uint32_t blocks = 50000;
  for (std::uint32_t i = 0; i < blocks; ++i) {
    const auto x = zer0::standard_normals(philox4x32({i, 0, 0, 1}, {42, 0}));
    for (const float value : x) {
      const double v = value;
      sum += v;
      squares += v * v;
      fourths += v * v * v * v;
    }
    neighbours += static_cast<double>(x[0]) * x[1] + static_cast<double>(x[1]) * x[2];
  }
  const double n = 4.0 * blocks;
  CHECK(std::abs(sum / n) < 5.0 / std::sqrt(n));
  CHECK(std::abs(squares / n - 1.0) < 5.0 * std::sqrt(2.0 / n));
  CHECK(std::abs(fourths / n - 3.0) < 5.0 * std::sqrt(96.0 / n));
  CHECK(std::abs(neighbours / (2.0 * blocks)) < 5.0 / std::sqrt(2.0 * blocks));
}

TEST_CASE("philox: standard_normals is finite at both ends of its input", "[core][philox]") {
  for (const std::uint32_t bits : {0u, ones})
    for (const float x : zer0::standard_normals({bits, bits, bits, bits})) CHECK(std::isfinite(x));
}

#include "support/catch.hpp"
#include <zer0/core/detail/half.hpp>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();

}  // namespace

TEST_CASE("half: every 16-bit pattern survives the way through float", "[core][half]") {
  for (std::uint32_t i = 0; i <= 0xffffu; ++i) {
    const auto bits = static_cast<std::uint16_t>(i);
    const float bf16 = zer0::detail::bf16_to_float(bits);
    const float f16 = zer0::detail::f16_to_float(bits);
    if (std::isnan(bf16)) {
      REQUIRE(std::isnan(zer0::detail::bf16_to_float(zer0::detail::float_to_bf16(bf16))));
    } else {
      REQUIRE(zer0::detail::float_to_bf16(bf16) == bits);
    }
    if (std::isnan(f16)) {
      REQUIRE(std::isnan(zer0::detail::f16_to_float(zer0::detail::float_to_f16(f16))));
    } else {
      REQUIRE(zer0::detail::float_to_f16(f16) == bits);
    }
  }
}

TEST_CASE("half: known values decode as IEEE 754 says", "[core][half]") {
  CHECK(zer0::detail::f16_to_float(0x3c00) == 1.0f);
  CHECK(zer0::detail::f16_to_float(0xc000) == -2.0f);
  CHECK(zer0::detail::f16_to_float(0x7bff) == 65504.0f);
  CHECK(zer0::detail::f16_to_float(0x0001) == 0x1p-24f);
  CHECK(zer0::detail::f16_to_float(0x0400) == 0x1p-14f);
  CHECK(zer0::detail::f16_to_float(0xfc00) == -infinity);
  CHECK(std::signbit(zer0::detail::f16_to_float(0x8000)));
  CHECK(zer0::detail::bf16_to_float(0x3f80) == 1.0f);
  CHECK(zer0::detail::bf16_to_float(0xff80) == -infinity);
}

TEST_CASE("half: between two neighbours the nearer is taken, half way the even one",
          "[core][half]") {
  for (std::uint32_t i = 0; i < 0x7bffu; ++i) {
    const auto low = static_cast<std::uint16_t>(i);
    const auto high = static_cast<std::uint16_t>(i + 1);
    const float a = zer0::detail::f16_to_float(low);
    const float b = zer0::detail::f16_to_float(high);
    const float middle = a + (b - a) / 2;  // exact: a half has 13 bits less than a float
    REQUIRE(zer0::detail::float_to_f16(middle) == (i % 2 == 0 ? low : high));
    REQUIRE(zer0::detail::float_to_f16(std::nextafter(middle, 0.0f)) == low);
    REQUIRE(zer0::detail::float_to_f16(-std::nextafter(middle, infinity)) == (high | 0x8000u));
  }
  for (std::uint32_t i = 0; i < 0x7f7fu; ++i) {
    const std::uint32_t middle = (i << 16) | 0x8000u;
    REQUIRE(zer0::detail::float_to_bf16(std::bit_cast<float>(middle)) == i + i % 2);
    REQUIRE(zer0::detail::float_to_bf16(std::bit_cast<float>(middle - 1)) == i);
    REQUIRE(zer0::detail::float_to_bf16(std::bit_cast<float>(middle + 1)) == i + 1);
  }
}

TEST_CASE("half: what is too large becomes infinity", "[core][half]") {
  CHECK(zer0::detail::float_to_f16(65519.996f) == 0x7bff);
  CHECK(zer0::detail::float_to_f16(65520.0f) == 0x7c00);
  CHECK(zer0::detail::float_to_f16(-1e30f) == 0xfc00);
  CHECK(zer0::detail::float_to_f16(1e-30f) == 0);
  CHECK(zer0::detail::float_to_bf16(std::numeric_limits<float>::max()) == 0x7f80);
  CHECK(zer0::detail::float_to_bf16(infinity) == 0x7f80);
}

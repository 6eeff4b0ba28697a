#include "support/catch.hpp"
#include <zer0/core/error.hpp>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <sstream>

TEST_CASE("error: fail writes its parts one after another", "[core][error]") {
  CHECK_THROWS_WITH(
      zer0::fail("file ", std::string("a.txt"), ", line ", 3, ": ", 0.5, " is too small"),
      "file a.txt, line 3: 0.5 is too small");
  CHECK_THROWS_AS(zer0::fail("x"), zer0::error);
}

template <class T>
std::string failed(const T& part) {
  try {
    zer0::fail(part);
  } catch (const zer0::error& e) {
    return e.what();
  }
}

template <class T>
std::string streamed(const T& part) {
  std::ostringstream text;
  text << part;
  return text.str();
}

TEST_CASE("error: each part reads as a stream writes it", "[core][error]") {
  using limits = std::numeric_limits<double>;
  for (const double d : {0.0,
                         -0.0,
                         1.0,
                         0.1,
                         1e5,
                         999999.0,
                         999999.5,
                         1e6,
                         123456789.0,
                         1e-4,
                         9.9999995e-5,
                         1e-5,
                         1.5e300,
                         limits::max(),
                         limits::min(),
                         limits::denorm_min(),
                         limits::infinity(),
                         -limits::infinity(),
                         limits::quiet_NaN(),
                         -limits::quiet_NaN()})
    CHECK(failed(d) == streamed(d));
  std::mt19937_64 random(7);
  int different = 0;
  for (int i = 0; i < 200'000; ++i) {
    const auto bits = random();
    const auto of_any_size = std::bit_cast<double>(bits);
    const double usual = static_cast<double>(static_cast<std::int64_t>(bits)) *
                         std::exp2(-static_cast<int>(bits % 90));
    const auto single = std::bit_cast<float>(static_cast<std::uint32_t>(bits));
    for (const double d : {of_any_size, usual, std::round(usual), std::round(usual * 1e4) / 1e4})
      different += failed(d) == streamed(d) ? 0 : 1;
    different += failed(single) == streamed(single) ? 0 : 1;
    different += failed(bits) == streamed(bits) ? 0 : 1;
    different +=
        failed(static_cast<std::int64_t>(bits)) == streamed(static_cast<std::int64_t>(bits)) ? 0
                                                                                             : 1;
  }
  CHECK(different == 0);
  CHECK(failed(std::int8_t{65}) == streamed(std::int8_t{65}));
  CHECK(failed(std::uint16_t{65}) == "65");
  CHECK(failed(true) == "1");
  CHECK(failed('x') == "x");
  CHECK(failed(std::numeric_limits<long long>::min()) == "-9223372036854775808");
}

TEST_CASE("error: require throws only where its condition is false", "[core][error]") {
  CHECK_NOTHROW(zer0::require(true, "never said"));
  CHECK_THROWS_WITH(zer0::require(1 > 2, "1 is not above ", 2), "1 is not above 2");
}

TEST_CASE("error: it is a std::runtime_error, for programs that catch those", "[core][error]") {
  CHECK_THROWS_AS(zer0::fail("x"), std::runtime_error);
}

static_assert([] {
  zer0::require(true, "fine in constant expressions");
  return true;
}());

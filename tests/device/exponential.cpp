// The cpu device's own exp and tanh: their error, their limits, rows of them, and blocks that
// compute element by element.
#include "support/catch.hpp"
#include <zer0/device/detail/cpu/exponential.hpp>
#include <zer0/device/detail/cpu/float_block.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

using namespace zer0;
using detail::simd;
using detail::simd_width;

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();

/// What a register of x gives, in its first lane.
float exp_of(float x) { return detail::exponential(detail::everywhere<simd>(x))[0]; }
float tanh_of(float x) { return detail::hyperbolic_tangent(detail::everywhere<simd>(x))[0]; }

/// |actual - expected| in units of the last place of the expected float.
double units_between(float actual, double expected) {
  const float rounded = std::abs(static_cast<float>(expected));
  const double unit =
      static_cast<double>(std::nextafter(rounded, infinity)) - static_cast<double>(rounded);
  return std::abs(static_cast<double>(actual) - expected) / unit;
}

/// The largest error of f over `steps` numbers from `low` to `high`.
template <class F, class Exact>
double largest_error(F f, Exact exact, double low, double high, int steps) {
  double largest = 0;
  for (int i = 0; i <= steps; ++i) {
    const auto x = static_cast<float>(low + (high - low) * i / steps);
    largest = std::max(largest, units_between(f(x), exact(static_cast<double>(x))));
  }
  return largest;
}

/// Numbers at every place relative to a register's alignment, between guards.
struct placed_row {
  std::vector<float> memory;
  float* at;

  placed_row(index_t offset, index_t n, float guard)
      : memory(static_cast<std::size_t>(n + 4 * simd_width), guard) {
    at = memory.data() + detail::first_aligned(memory.data(), 2 * simd_width) + simd_width + offset;
    for (index_t i = 0; i < n; ++i)
      at[i] = static_cast<float>((i * 37 + offset * 11) % 41) * 0.31f - 6;
  }
};

template <class F>
void for_places(F f) {
  for (index_t offset = 0; offset < simd_width; ++offset)
    for (index_t n = 1; n <= 3 * simd_width + 2; ++n) f(offset, n);
}

}  // namespace

TEST_CASE("exponential: within a few units in the last place of std::exp",
          "[device][exponential]") {
  const auto exact = [](double x) { return std::exp(x); };
  CHECK(largest_error(exp_of, exact, -87.3, 88.37, 2'000'000) < (simd_width == 16 ? 5 : 1.5));
  CHECK(largest_error(exp_of, exact, -1, 1, 200'000) < 1.5);
  CHECK(largest_error(exp_of, exact, -1e-3, 1e-3, 20'000) < 1);
}

TEST_CASE("exponential: what is exact, and what lies beyond the floats", "[device][exponential]") {
  CHECK(exp_of(0.0f) == 1);
  CHECK(exp_of(-0.0f) == 1);
  CHECK(exp_of(std::numeric_limits<float>::denorm_min()) == 1);
  CHECK(exp_of(infinity) == infinity);
  CHECK(std::isnan(exp_of(not_a_number)));
  for (const float x : {-88.8f, -104.0f, -1e30f, -infinity}) {
    CHECK(exp_of(x) >= 0);
    CHECK(exp_of(x) < 2 * std::numeric_limits<float>::min());
    CHECK(exp_of(x) == exp_of(-infinity));
  }
  for (const float x : {88.8f, 104.0f, 1e30f}) CHECK(exp_of(x) > 2e38f);
  CHECK(detail::exponential(1.5f) == std::exp(1.5f));
}

TEST_CASE("exponential: each lane of a register is computed as if alone", "[device][exponential]") {
  float x[simd_width], y[simd_width];
  for (int i = 0; i < simd_width; ++i) x[i] = static_cast<float>(i) * 1.7f - 9;
  x[1] = infinity;
  x[2] = -infinity;
  detail::store(y, detail::exponential(detail::load(x)));
  for (int i = 0; i < simd_width; ++i) CHECK(y[i] == exp_of(x[i]));
  x[3] = not_a_number;
  detail::store(y, detail::exponential(detail::load(x)));
  for (int i = 0; i < simd_width; ++i) CHECK((i == 3 ? std::isnan(y[i]) : y[i] == exp_of(x[i])));
}

TEST_CASE("exponential: tanh of a float and of a register", "[device][exponential]") {
  const auto exact = [](double x) { return std::tanh(x); };
  const auto alone = [](float x) { return detail::hyperbolic_tangent(x); };
  CHECK(largest_error(tanh_of, exact, -10, 10, 400'000) < 8);
  CHECK(largest_error(alone, exact, -10, 10, 400'000) < 8);
  for (const auto& f : {+[](float x) { return tanh_of(x); },
                        +[](float x) { return detail::hyperbolic_tangent(x); }}) {
    CHECK(f(0.0f) == 0);
    CHECK(f(1e-5f) == 1e-5f);
    CHECK(f(-3e-4f) == -3e-4f);
    CHECK(f(infinity) == Approx(1).epsilon(1e-6));
    CHECK(f(-infinity) == -f(infinity));
    CHECK(std::isnan(f(not_a_number)));
  }
}

// Not: that an element of a row does not depend on its place. It does, in its last bit, as map_row
// says.
TEST_CASE(
    "exponential: a row is computed alone up to an aligned address, by registers, and alone again",
    "[device][exponential]") {
  for_places([](index_t offset, index_t n) {
    placed_row row(offset, n, 99);
    const std::vector<float> before(row.at, row.at + n), memory = row.memory;
    detail::map_row(row.at, row.at, n, [](auto e) { return detail::exponential(e); });
    const index_t head = std::min(n, (simd_width - offset) % simd_width),
                  body = (n - head) / simd_width * simd_width;
    for (index_t i = 0; i < n; ++i) {
      const float x = before[static_cast<std::size_t>(i)];
      if (row.at[i] != (i >= head && i < head + body ? exp_of(x) : std::exp(x)))
        FAIL("element " << i << " of " << n << ", at offset " << offset);
    }
    std::copy(before.begin(), before.end(), row.at);
    CHECK(row.memory == memory);  // nothing around it was written
  });
}

TEST_CASE("exponential: the largest of a row", "[device][exponential]") {
  for_places([](index_t offset, index_t n) {
    placed_row row(offset, n, 99);
    for (index_t i = 0; i < n; ++i) {
      row.at[i] += 50;
      if (detail::largest_of(row.at, n) != *std::max_element(row.at, row.at + n))
        FAIL("element " << i << " of " << n << ", at offset " << offset);
      row.at[i] -= 50;
    }
    std::fill(row.at, row.at + n, -infinity);
    if (detail::largest_of(row.at, n) != -infinity) FAIL("of nothing but minus infinity");
    std::fill(row.at, row.at + n, not_a_number);
    if (!std::isnan(detail::largest_of(row.at, n))) FAIL("of no numbers");
  });
}

TEST_CASE("exponential: blocks compute element by element", "[device][exponential]") {
  using block = detail::float_block;
  float x[block::size], y[block::size], out[block::size];
  for (index_t i = 0; i < block::size; ++i) {
    x[i] = static_cast<float>(i) * 0.37f - 11;
    y[i] = static_cast<float>(i % 7) + 0.5f;
  }
  const block a(x), b(y);
  const auto expect = [&](const block& actual, auto expected) {
    actual.copy_to(out);
    for (index_t i = 0; i < block::size; ++i) {
      INFO("element " << i);
      CHECK(out[i] == expected(x[i], y[i]));
    }
  };
  expect(a + b, [](float p, float q) { return p + q; });
  expect(a - b, [](float p, float q) { return p - q; });
  expect(a * b, [](float p, float q) { return p * q; });
  expect(a / b, [](float p, float q) { return p / q; });
  expect(1 - a, [](float p, float) { return 1 - p; });
  expect(a * 0.3f, [](float p, float) { return p * 0.3f; });
  expect(2 / (b + 1), [](float, float q) { return 2 / (q + 1); });
  expect(-a, [](float p, float) { return -p; });
  expect(abs(a), [](float p, float) { return std::abs(p); });
  expect(exp(a), [](float p, float) { return exp_of(p); });
  expect(a.unaryExpr([](float p) { return p > 0 ? p : 0; }),
         [](float p, float) { return p > 0 ? p : 0; });
  block c = a;
  c = c * b;
  expect(c, [](float p, float q) { return p * q; });
}

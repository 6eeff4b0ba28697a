#include "support/devices.hpp"
#include "support/twin.hpp"
#include <zer0/core/philox.hpp>

#include <numeric>

using namespace zer0;
using support::placement;

namespace {

struct matrix_shape {
  index_t rows, cols;
};
const matrix_shape shapes[] = {{1, 1},  {1, 7},     {7, 1},     {5, 63}, {3, 64},
                               {3, 65}, {130, 129}, {1, 20011}, {0, 5}};

/// Calls f(rows, cols, twin) for every shape and placement.
template <class D, class F>
void for_shapes(F f) {
  std::uint32_t seed = 0;
  for (const matrix_shape& s : shapes)
    for (const placement where : {placement::contiguous, placement::columns}) {
      INFO(s.rows << " x " << s.cols << ", columns " << (where == placement::columns));
      support::twin<D> t(++seed, where);
      f(s.rows, s.cols, t);
    }
}

}  // namespace

TEMPLATE_LIST_TEST_CASE("elements: fill, copy, add and scale agree with the reference",
                        "[device][elements]", support::judged_devices) {
  for_shapes<TestType>([](index_t rows, index_t cols, auto& t) {
    auto& x = t.normal(rows, cols);
    auto& filled = t.output(rows, cols);
    auto& copied = t.output(rows, cols);
    auto& sum = t.normal(rows, cols);
    auto& scaled = t.normal(rows, cols);
    auto& wide_filled = t.wide_output(rows, cols);
    auto& widened = t.wide_output(rows, cols);
    auto& wide_scaled = t.wide_normal(rows, cols);
    auto& wide_numbers = t.wide_normal(rows, cols);
    auto& narrowed = t.output(rows, cols);
    t.run([&](auto& d, auto at) {
      fill(d, at(filled), 0.1);
      fill(d, at(wide_filled), 0.1);
      copy(d, at(x), at(copied));
      copy(d, at(x), at(widened));
      copy(d, at(wide_numbers), at(narrowed));
      add(d, at(x), at(sum));
      scale(d, 0.75, at(scaled));
      scale(d, 0.75, at(wide_scaled));
    });
    t.expect_equal(wide_filled);
    t.expect_equal(widened);
    t.expect_equal(narrowed);
    t.expect_equal(wide_scaled);
    t.expect_equal(filled);
    t.expect_equal(copied);
    t.expect_equal(sum);
    t.expect_equal(scaled);
  });
}

// A factor of a power of two rounds nothing, so the sum is rounded once, as the reference's is.
TEMPLATE_LIST_TEST_CASE("elements: add_scaled adds a multiple, to real and to wide numbers",
                        "[device][elements]", support::judged_devices) {
  for_shapes<TestType>([](index_t rows, index_t cols, auto& t) {
    auto& x = t.normal(rows, cols);
    auto& wide_x = t.wide_normal(rows, cols);
    auto& sum = t.normal(rows, cols);
    auto& wide_sum = t.wide_normal(rows, cols);
    auto& mixed_sum = t.wide_normal(rows, cols);
    auto& difference = t.normal(rows, cols);
    auto& wide_difference = t.wide_normal(rows, cols);
    auto& mixed_difference = t.wide_normal(rows, cols);
    t.run([&](auto& d, auto at) {
      add_scaled(d, 0.3, at(x), at(sum));
      add_scaled(d, 0.3, at(wide_x), at(wide_sum));
      add_scaled(d, 0.3, at(x), at(mixed_sum));
      add_scaled(d, -0.5, at(x), at(difference));
      add_scaled(d, -0.5, at(wide_x), at(wide_difference));
      add_scaled(d, -0.5, at(x), at(mixed_difference));
    });
    t.expect_close(sum);
    t.expect_close(wide_sum);
    t.expect_close(mixed_sum);
    t.expect_equal(difference);
    t.expect_equal(wide_difference);
    t.expect_equal(mixed_difference);
  });
}

TEMPLATE_LIST_TEST_CASE("elements: gather_rows repeats rows, scatter_rows leaves the others alone",
                        "[device][elements]", support::judged_devices) {
  for_shapes<TestType>([](index_t rows, index_t cols, auto& t) {
    auto& table = t.normal(11, cols);
    auto& chosen = t.random_ids(rows, 11);
    auto& gathered = t.output(rows, cols);
    std::vector<std::int32_t> places(static_cast<std::size_t>(2 * rows + 1));
    std::iota(places.begin(), places.end(), 0);
    std::shuffle(places.begin(), places.end(), t.random());
    places.resize(static_cast<std::size_t>(rows));
    auto& distinct = t.ids(places);
    auto& from = t.normal(rows, cols);
    auto& scattered = t.normal(2 * rows + 1, cols);
    t.run([&](auto& d, auto at) {
      gather_rows(d, at(table), at(chosen), at(gathered));
      scatter_rows(d, at(from), at(distinct), at(scattered));
    });
    t.expect_equal(gathered);
    t.expect_equal(scattered);
  });
}

TEMPLATE_LIST_TEST_CASE(
    "elements: dropout keeps the same elements on every device, in place or not",
    "[device][elements]", support::judged_devices) {
  for_shapes<TestType>([](index_t rows, index_t cols, auto& t) {
    auto& x = t.normal(rows, cols);
    auto& y = t.output(rows, cols);
    auto& in_place = t.given(rows, cols, x.initial);
    auto& sum = t.normal(rows, cols);
    auto& in_steps = t.given(rows, cols, sum.initial);
    const random_stream stream{.seed = 0x123456789abcdefu, .site = 7, .step = 3};
    t.run([&](auto& d, auto at) {
      add_dropout(d, 0.3, stream, at(x), at(sum));
      apply_dropout(d, 0.3, stream, at(in_steps), at(in_steps));
      add(d, at(x), at(in_steps));
      apply_dropout(d, 0.3, stream, at(x), at(y));
      apply_dropout(d, 0.3, stream, at(in_place), at(in_place));
    });
    t.expect_close(y);
    t.expect_close(sum);
    CHECK(sum.expected.values() == in_steps.expected.values());
    const auto apart = y.actual.values();
    CHECK(in_place.actual.values() == apart);
    CHECK(in_place.expected.values() == y.expected.values());
    const auto expected = y.expected.values();
    std::size_t differ = 0;
    for (std::size_t i = 0; i < apart.size(); ++i)
      differ += (apart[i] == 0) != (expected[i] == 0) ? 1 : 0;
    CHECK(differ == 0);
  });
}

TEMPLATE_LIST_TEST_CASE("elements: random matrices agree with the reference", "[device][elements]",
                        support::judged_devices) {
  for_shapes<TestType>([](index_t rows, index_t cols, auto& t) {
    auto& normal = t.output(rows, cols);
    auto& uniform = t.output(rows, cols);
    t.run([&](auto& d, auto at) {
      random_normal(d, {.seed = 5, .site = 1, .step = 0}, 0.5, 0.02, at(normal));
      random_uniform(d, {.seed = 5, .site = 2, .step = 9}, -3, 2, at(uniform));
    });
    t.expect_close(normal);
    t.expect_equal(uniform);
  });
}

TEMPLATE_LIST_TEST_CASE(
    "elements: element (row, col) of a stream is word col % 4 of counter (col/4, row, site, step)",
    "[device][elements][random]", support::all_devices) {
  using real = typename TestType::real;
  TestType d;
  const random_stream stream{.seed = 0xfedcba9876543210u, .site = 17, .step = 4000000000u};
  constexpr index_t rows = 3;
  constexpr index_t cols = 150;
  support::guarded_matrix<TestType> uniform(d, rows, cols, placement::columns);
  support::guarded_matrix<TestType> normal(d, rows, cols, placement::columns);
  support::guarded_matrix<TestType> dropped(d, rows, cols, placement::columns);
  const std::vector<double> ones(rows * cols, 1.0);
  uniform.set(ones);
  normal.set(ones);
  dropped.set(ones);
  random_uniform(d, stream, 0, 1, uniform.view());
  random_normal(d, stream, 0, 1, normal.view());
  apply_dropout(d, 0.25, stream, dropped.view(), dropped.view());
  const auto u = uniform.values();
  const auto z = normal.values();
  const auto kept = dropped.values();
  for (std::uint32_t row = 0; row < rows; ++row)
    for (std::uint32_t col = 0; col < cols; ++col) {
      INFO("row " << row << ", column " << col);
      const auto words = philox4x32({col / 4, row, 17, 4000000000u}, {0x76543210u, 0xfedcba98u});
      const std::size_t at = row * cols + col;
      CHECK(u[at] == static_cast<double>(uniform01(words[col % 4])));
      CHECK(z[at] == Catch::Detail::Approx(standard_normals(words)[col % 4]).epsilon(1e-6));
      CHECK((kept[at] != 0) == (words[col % 4] >= (1u << 30)));
      if (kept[at] != 0)
        CHECK(static_cast<real>(kept[at]) == Catch::Detail::Approx(4.0 / 3).epsilon(1e-6));
    }
}

TEMPLATE_LIST_TEST_CASE("elements: dropout keeps the promised share and the mean",
                        "[device][elements][random]", support::all_devices) {
  TestType d;
  constexpr index_t n = 200000;
  for (const double p : {0.0, 0.1, 0.5, 0.9}) {
    support::guarded_matrix<TestType> x(d, 200, n / 200, placement::contiguous);
    x.set(std::vector<double>(n, 1.0));
    apply_dropout(d, p, {.seed = 3}, x.view(), x.view());
    double kept = 0;
    double total = 0;
    for (const double e : x.values()) {
      kept += e != 0 ? 1 : 0;
      total += e;
    }
    const double deviation = std::sqrt(p * (1 - p) / n);
    CHECK(std::abs(kept / n - (1 - p)) <= 5 * deviation);
    CHECK(std::abs(total / n - 1) <= 5 * deviation / (1 - p) + 1e-6);
  }
}

TEMPLATE_LIST_TEST_CASE("elements: sum and squared_norm are double sums of every element",
                        "[device][elements]", support::judged_devices) {
  std::uint32_t seed = 0;
  for (const index_t n : {0, 1, 7, 255, 256, 257, 4099, 100003, 3000001}) {
    INFO(n << " elements");
    support::twin<TestType> t(++seed);
    auto& x = t.normal_vector(n, 1, 0.1);
    std::vector<double> sums;
    std::vector<double> norms;
    t.run([&](auto& d, auto at) {
      const const_wide_span<std::remove_cvref_t<decltype(d)>> v = at.span(x);
      sums.push_back(sum(d, v));
      norms.push_back(squared_norm(d, v));
    });
    REQUIRE(sums.size() == 4);
    double magnitude = 0;
    for (const double e : x.initial) magnitude += std::abs(e);
    CHECK(std::abs(sums[1] - sums[0]) <= 1e-12 * magnitude);
    CHECK(std::abs(norms[1] - norms[0]) <= 1e-12 * norms[0]);
    for (const std::size_t run : {2u, 3u}) {
      CHECK(sums[run] == sums[1]);
      CHECK(norms[run] == norms[1]);
    }
  }
}

TEMPLATE_LIST_TEST_CASE("memory: allocations are 64-byte aligned and hold what is uploaded",
                        "[device][memory]", support::all_devices) {
  TestType d;
  for (const std::size_t bytes :
       {std::size_t{0}, std::size_t{1}, std::size_t{63}, std::size_t{65}, std::size_t{1} << 20}) {
    void* const p = d.allocate(bytes);
    CHECK(p != nullptr);
    CHECK(reinterpret_cast<std::uintptr_t>(p) % 64 == 0);
    std::vector<std::uint8_t> in(bytes);
    for (std::size_t i = 0; i < bytes; ++i) in[i] = static_cast<std::uint8_t>(i * 37 + 11);
    std::vector<std::uint8_t> out(bytes, 0);
    d.upload(p, in.data(), bytes);
    d.synchronize();
    d.download(out.data(), p, bytes);
    CHECK(in == out);
    d.deallocate(p, bytes);
  }
}

#if !defined(__SANITIZE_ADDRESS__)  // which ends the program instead
TEMPLATE_LIST_TEST_CASE("memory: too much is refused with the size and a way out",
                        "[device][memory]", support::all_devices) {
  TestType d;
  CHECK_THROWS_WITH(d.allocate(std::size_t{1} << 60), support::contains("use a smaller batch"));
}
#endif

// Products of groups of rows on every device.
#include "support/devices.hpp"
#include "support/twin.hpp"

using namespace zer0;
using support::placement;

namespace {

struct grouped_shape {
  std::vector<std::int32_t> starts;
  index_t width, out;
};

/// `groups` groups of i % 4 rows each.
std::vector<std::int32_t> many(std::int32_t groups) {
  std::vector<std::int32_t> starts{0};
  for (std::int32_t i = 0; i < groups; ++i) starts.push_back(starts.back() + i % 4);
  return starts;
}

// One group; empty ones first, last and between; none with rows; more groups than a warp has lanes;
// more rows, columns and depth than a tile of the cuda device has, in whole packs and not.
const grouped_shape shapes[] = {
    {{0, 1}, 1, 1},     {{0, 5}, 7, 3},           {{0, 0, 3, 3, 3, 70, 70}, 33, 65},
    {{0, 0, 0}, 8, 8},  {{0, 130, 131}, 72, 136}, {{0, 0, 64, 65, 193}, 200, 24},
    {many(67), 16, 40}, {{0, 2, 2, 66}, 0, 8},
};

}  // namespace

TEMPLATE_LIST_TEST_CASE(
    "grouped_matmul: forward, input gradient and weight gradient agree with the reference",
    "[device][grouped_matmul]", support::judged_devices) {
  std::uint32_t seed = 0;
  for (const grouped_shape& s : shapes)
    for (const placement where : {placement::contiguous, placement::columns}) {
      const index_t rows = s.starts.back(), groups = static_cast<index_t>(s.starts.size()) - 1;
      INFO(groups << " groups, " << rows << " rows of " << s.width << " to " << s.out
                  << ", columns " << (where == placement::columns));
      support::twin<TestType> t(++seed, where);
      auto& starts = t.ids(s.starts);
      auto& x = t.normal(rows, s.width);
      auto& weights = t.normal(groups * s.out, s.width);
      auto& y = t.output(rows, s.out);
      auto& dy = t.normal(rows, s.out);
      auto& dx = t.output(rows, s.width);
      auto& dweights = t.wide_normal(groups * s.out, s.width);
      t.run([&](auto& d, auto at) {
        grouped_matmul(d, at(starts), at(x), transposed(at(weights)), at(y));
        grouped_matmul(d, at(starts), at(dy), at(weights), at(dx));
        grouped_weight_gradient(
            d, {.starts = at(starts), .dy = at(dy), .x = at(x), .dw = at(dweights)});
      });
      t.expect_close(y, s.width);
      t.expect_close(dx, s.out);
      t.expect_close(dweights, rows + 1);
    }
}

TEMPLATE_LIST_TEST_CASE("grouped_matmul: each group meets its own matrix",
                        "[device][grouped_matmul]", support::judged_devices) {
  support::twin<TestType> t(1);
  auto& starts = t.ids({0, 2, 2, 3});
  auto& x = t.given(3, 2, {1, 2, 3, 4, 5, 6});
  auto& weights = t.given(3, 2, {1, 0, 100, 100, 0, 1});
  auto& y = t.output(3, 1);
  auto& dweights = t.wide_normal(3, 2);
  dweights.initial = {0, 0, 7, 7, 0, 0};
  t.run([&](auto& d, auto at) {
    grouped_matmul(d, at(starts), at(x), transposed(at(weights)), at(y));
    grouped_weight_gradient(d, {.starts = at(starts), .dy = at(y), .x = at(x), .dw = at(dweights)});
  });
  CHECK(y.actual.values() == std::vector<double>{1, 3, 6});
  CHECK(dweights.actual.values() == std::vector<double>{10, 14, 7, 7, 30, 36});
}

TEMPLATE_LIST_TEST_CASE("grouped_matmul: rows beyond the last group are neither read nor written",
                        "[device][grouped_matmul]", support::judged_devices) {
  for (const index_t width : {8, 9}) {  // in packs and not
    support::twin<TestType> t(1);
    auto& starts = t.ids({0, 2, 2, 3});
    constexpr index_t rows = 150;
    auto& x = t.normal(rows, width);
    for (std::size_t i = static_cast<std::size_t>(3 * width); i < x.initial.size(); ++i)
      x.initial[i] = NAN;
    auto& weights = t.normal(3 * 8, width);
    auto& y = t.given(rows, 8, std::vector<double>(rows * 8, 7));
    auto& dy = t.normal(rows, 8);
    auto& dx = t.given(rows, width, std::vector<double>(static_cast<std::size_t>(rows * width), 7));
    auto& dweights = t.wide_normal(3 * 8, width);
    t.run([&](auto& d, auto at) {
      grouped_matmul(d, at(starts), at(x), transposed(at(weights)), at(y));
      grouped_matmul(d, at(starts), at(dy), at(weights), at(dx));
      grouped_weight_gradient(d,
                              {.starts = at(starts), .dy = at(dy), .x = at(x), .dw = at(dweights)});
    });
    t.expect_close(y, width);
    t.expect_close(dx, 8);
    t.expect_close(dweights, 3);
    const std::vector<double> out = y.actual.values(), back = dx.actual.values();
    CHECK(std::all_of(out.begin() + 3 * 8, out.end(), [](double e) { return e == 7; }));
    CHECK(std::all_of(back.begin() + 3 * width, back.end(), [](double e) { return e == 7; }));
  }
}

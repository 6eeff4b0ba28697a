// Activations on every device: each against a formula of its own and its finite differences, and
// devices against the reference.
#include "support/devices.hpp"
#include "support/twin.hpp"
#include <zer0/device/activation.hpp>

using namespace zer0;
using support::placement;

namespace {

/// The formula written another way than the library has it.
double formula(sigmoid, double z) { return 0.5 + 0.5 * std::tanh(z / 2); }
double formula(silu, double z) { return z * (0.5 + 0.5 * std::tanh(z / 2)); }
double formula(gelu, double z) { return 0.5 * z * std::erfc(-z / std::sqrt(2.0)); }
double formula(gelu_tanh, double z) {  // gelu_new of GPT-2
  return 0.5 * z *
         (1 + std::tanh(std::sqrt(2 / std::acos(-1.0)) * (z + 0.044715 * std::pow(z, 3))));
}
double formula(relu_squared, double z) { return z > 0 ? z * z : 0; }

struct matrix_shape {
  index_t rows, cols;
};
// 64: columns that the cpu device computes together.
const matrix_shape shapes[] = {{1, 1}, {1, 16}, {3, 31}, {65, 64}, {130, 97}, {7, 1030}, {0, 8}};

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

template <class F>
void for_activations(F f) {
  f(sigmoid());
  f(silu());
  f(gelu());
  f(gelu_tanh());
  f(relu_squared());
}

/// Has `value` and `slope` only: what a user writes.
struct squared {
  template <class Z>
  ZER0_HOST_DEVICE static Z value(const Z& z) {
    return z * z;
  }
  template <class Z>
  ZER0_HOST_DEVICE static Z slope(const Z& z) {
    return z * scalar_of<Z>(2);
  }
};

}  // namespace

TEST_CASE("activation: values are those of the formula, slopes its finite differences",
          "[device][activation]") {
  for_activations([](auto act) {
    for (const double z : {-9.0, -3.1, -1.0, -0.3, -1e-3, 0.0, 1e-3, 0.4, 0.75, 1.7, 4.0, 12.0}) {
      CHECK(act.value(z) == Catch::Detail::Approx(formula(act, z)).epsilon(1e-9).margin(1e-12));
      constexpr double step = 1e-6;
      const double slope = (formula(act, z + step) - formula(act, z - step)) / (2 * step);
      CHECK(act.slope(z) == Catch::Detail::Approx(slope).epsilon(1e-7).margin(2e-6));
      double value = 0, both = 0;
      detail::value_and_slope<decltype(act)>(z, value, both);
      CHECK(value == Catch::Detail::Approx(act.value(z)).margin(1e-15));
      CHECK(both == act.slope(z));
    }
  });
  CHECK(gelu::value(1.0) == Catch::Detail::Approx(0.8413447460685429));  // Phi(1)
  CHECK(gelu_tanh::value(1.0) == Catch::Detail::Approx(0.8411919906082768));
}

TEMPLATE_LIST_TEST_CASE(
    "activation: forward and backward agree with the reference, also over their inputs",
    "[device][activation]", support::judged_devices) {
  for_activations([](auto act) {
    for_shapes<TestType>([act](index_t rows, index_t cols, auto& t) {
      auto& x = t.normal(rows, cols, 3);
      auto& y = t.output(rows, cols);
      auto& dy = t.normal(rows, cols);
      auto& dx = t.output(rows, cols);
      auto& over_x = t.given(rows, cols, x.initial);
      auto& over_dy = t.given(rows, cols, dy.initial);
      auto& wide_x = t.wide_normal(rows, cols, 3);
      auto& wide_y = t.wide_output(rows, cols);
      auto& wide_dy = t.wide_normal(rows, cols);
      t.run([&](auto& d, auto at) {
        activate_forward(d, act, at(x), at(y));
        activate_backward(d, act, at(x), at(dy), at(dx));
        activate_forward(d, act, at(over_x), at(over_x));
        activate_backward(d, act, at(x), at(over_dy), at(over_dy));
        activate_forward(d, act, at(wide_x), at(wide_y));
        activate_backward(d, act, at(wide_x), at(wide_dy), at(wide_dy));
      });
      for (auto* m : {&y, &dx}) t.expect_close(*m, 4, 1);
      for (auto* m : {&wide_y, &wide_dy}) t.expect_close(*m, 4, 1);
      CHECK(over_x.actual.values() == y.actual.values());
      CHECK(over_dy.actual.values() == dx.actual.values());
      const auto expected = y.expected.values();
      for (std::size_t i = 0; i < expected.size(); ++i)
        if (std::abs(expected[i] - formula(act, x.initial[i])) > 1e-12)
          FAIL("value of " << x.initial[i]);
    });
  });
}

TEMPLATE_LIST_TEST_CASE("activation: gates agree with the reference, also over their inputs",
                        "[device][activation]", support::judged_devices) {
  for_activations([](auto act) {
    for_shapes<TestType>([act](index_t rows, index_t cols, auto& t) {
      auto& gate = t.normal(rows, cols, 3);
      auto& up = t.normal(rows, cols);
      auto& y = t.output(rows, cols);
      auto& dy = t.normal(rows, cols);
      auto& dgate = t.output(rows, cols);
      auto& dup = t.output(rows, cols);
      auto& over_gate = t.given(rows, cols, gate.initial);
      auto& over_up = t.given(rows, cols, up.initial);
      t.run([&](auto& d, auto at) {
        gate_forward(d, act, {.gate = at(gate), .up = at(up), .y = at(y)});
        gate_backward(
            d, act,
            {.gate = at(gate), .up = at(up), .dy = at(dy), .dgate = at(dgate), .dup = at(dup)});
        gate_backward(d, act,
                      {.gate = at(over_gate),
                       .up = at(over_up),
                       .dy = at(dy),
                       .dgate = at(over_gate),
                       .dup = at(over_up)});
      });
      for (auto* m : {&y, &dgate, &dup}) t.expect_close(*m, 4, 1);
      CHECK(over_gate.actual.values() == dgate.actual.values());
      CHECK(over_up.actual.values() == dup.actual.values());
      CHECK(over_gate.expected.values() == dgate.expected.values());
      const auto value = y.expected.values(), to_gate = dgate.expected.values(),
                 to_up = dup.expected.values();
      for (std::size_t i = 0; i < value.size(); ++i) {
        const double of_gate = formula(act, gate.initial[i]);
        if (std::abs(value[i] - of_gate * up.initial[i]) > 1e-11) FAIL("value");
        if (std::abs(to_up[i] - of_gate * dy.initial[i]) > 1e-11) FAIL("gradient of up");
        const double slope =
            (formula(act, gate.initial[i] + 1e-5) - formula(act, gate.initial[i] - 1e-5)) / 2e-5;
        if (std::abs(to_gate[i] - slope * up.initial[i] * dy.initial[i]) > 1e-4)
          FAIL("gradient of gate");
      }
    });
  });
}

TEMPLATE_LIST_TEST_CASE("activation: hundreds give 0 or what they should, no NaN",
                        "[device][activation]", support::judged_devices) {
  for_activations([](auto act) {
    support::twin<TestType> t(1);
    auto& gate = t.given(1, 6, {-200, -150, -90, 90, 150, 200});
    auto& up = t.given(1, 6, {1, 1, 1, 1, 1, 1});
    auto& y = t.output(1, 6);
    auto& dgate = t.output(1, 6);
    auto& dup = t.output(1, 6);
    t.run([&](auto& d, auto at) {
      gate_forward(d, act, {.gate = at(gate), .up = at(up), .y = at(y)});
      gate_backward(
          d, act,
          {.gate = at(gate), .up = at(up), .dy = at(up), .dgate = at(dgate), .dup = at(dup)});
    });
    for (auto* m : {&y, &dgate, &dup}) t.expect_close(*m, 4, 1, 1);
  });
}

TEMPLATE_LIST_TEST_CASE("activation: one of the user's own, with a value and a slope",
                        "[device][activation]", support::judged_devices) {
  support::twin<TestType> t(1);
  auto& x = t.given(1, 3, {-2, 0.5, 3});
  auto& ones = t.given(1, 3, {1, 1, 1});
  auto& y = t.output(1, 3);
  auto& dgate = t.output(1, 3);
  auto& dup = t.output(1, 3);
  t.run([&](auto& d, auto at) {
    activate_forward(d, squared(), at(x), at(y));
    gate_backward(
        d, squared(),
        {.gate = at(x), .up = at(ones), .dy = at(ones), .dgate = at(dgate), .dup = at(dup)});
  });
  CHECK(y.actual.values() == std::vector<double>{4, 0.25, 9});
  CHECK(dgate.actual.values() == std::vector<double>{-4, 1, 6});
  CHECK(dup.actual.values() == y.actual.values());
}

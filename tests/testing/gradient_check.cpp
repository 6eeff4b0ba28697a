#include "support/catch.hpp"
#include <zer0/testing/gradient_check.hpp>

using namespace zer0;

namespace {

/// sum of exp(x_i) * (i+1), and its gradient.
template <class Real>
struct formula {
  std::vector<Real> x = std::vector<Real>(50);
  std::vector<Real> gradient = std::vector<Real>(50);

  formula() {
    for (std::size_t i = 0; i < x.size(); ++i) {
      x[i] = static_cast<Real>(std::sin(static_cast<double>(i)));
      gradient[i] =
          static_cast<Real>(static_cast<double>(i + 1) * std::exp(static_cast<double>(x[i])));
    }
  }
  double operator()() const {
    double total = 0;
    for (std::size_t i = 0; i < x.size(); ++i)
      total += static_cast<double>(i + 1) * std::exp(static_cast<double>(x[i]));
    return total;
  }
  gradient_report check(const gradient_check_options& options = {}) {
    return check_gradient(
        std::span<Real>(x), std::span<const Real>(gradient), [this] { return (*this)(); }, options);
  }
};

}  // namespace

TEST_CASE("check_gradient: a right gradient is accepted, to 1e-9 in double and 1e-4 in float",
          "[testing]") {
  CHECK(formula<double>().check().worst < 1e-9);
  CHECK(formula<float>().check({.coordinates = 0}).worst < 1e-4);
}

TEST_CASE("check_gradient: a gradient that is 1 % too large is found, also in float", "[testing]") {
  formula<double> exact;
  for (double& g : exact.gradient) g *= 1.01;
  CHECK(exact.check().worst > 0.009);
  formula<float> rounded;
  for (float& g : rounded.gradient) g *= 1.01f;
  CHECK(rounded.check({.coordinates = 0}).worst > 0.009);
}

TEST_CASE("check_gradient: one wrong element of fifty is found by directions alone", "[testing]") {
  formula<double> f;
  f.gradient[20] *= 2;
  CHECK(f.check({.coordinates = 0}).worst > 0.01);
}

TEST_CASE("check_gradient: the report names the coordinate and both numbers", "[testing]") {
  formula<double> f;
  for (double& g : f.gradient) g = -g;
  const gradient_report report = f.check({.coordinates = 20, .directions = 0});
  CHECK(report.numeric == Catch::Detail::Approx(-report.analytic));
  CHECK_THAT(report.text(), support::contains(" by differences, "));
}

TEST_CASE("check_gradient: the values are what they were", "[testing]") {
  formula<double> f;
  const std::vector<double> before = f.x;
  (void)f.check();
  CHECK(f.x == before);
}

TEST_CASE("check_gradient: a loss of NaN is an infinite error", "[testing]") {
  formula<double> f;
  const auto report = check_gradient(std::span<double>(f.x), std::span<const double>(f.gradient),
                                     [] { return NAN; });
  CHECK(std::isinf(report.worst));
}

TEST_CASE("check_gradient: counts that differ are refused", "[testing]") {
  formula<double> f;
  f.gradient.pop_back();
  CHECK_THROWS_WITH(f.check(), support::contains("50 values and 49 gradients"));
}

// LayerNorm on every device, against a formula of its own and the reference.
#include "support/devices.hpp"
#include "support/twin.hpp"

using namespace zer0;
using support::placement;

namespace {

using numbers = std::vector<double>;

/// mean((x - mean(x))^2) by way of mean(x^2), rows of `cols`.
numbers normed(const numbers& x, index_t cols, const numbers& weight, const numbers& bias,
               double eps) {
  numbers y(x.size());
  const auto n = static_cast<std::size_t>(cols);
  for (std::size_t row = 0; row < x.size(); row += n) {
    double sum = 0, squares = 0;
    for (std::size_t j = 0; j < n; ++j) {
      sum += x[row + j];
      squares += x[row + j] * x[row + j];
    }
    const double mean = sum / static_cast<double>(n),
                 variance = squares / static_cast<double>(n) - mean * mean;
    for (std::size_t j = 0; j < n; ++j)
      y[row + j] = (x[row + j] - mean) / std::sqrt(variance + eps) * weight[j] + bias[j];
  }
  return y;
}

}  // namespace

TEMPLATE_LIST_TEST_CASE("layer_norm: forward and backward agree with the reference",
                        "[device][layer_norm]", support::judged_devices) {
  struct matrix_shape {
    index_t rows, cols;
  };
  std::uint32_t seed = 0;
  constexpr double eps = 1e-5;
  // 4096: a block a row on cuda.
  for (const matrix_shape& s : {matrix_shape{1, 16},
                                {3, 31},
                                {65, 32},
                                {64, 33},
                                {130, 97},
                                {257, 512},
                                {7, 1030},
                                {3, 4096},
                                {0, 8}})
    for (const placement where : {placement::contiguous, placement::columns}) {
      INFO(s.rows << " x " << s.cols << ", columns " << (where == placement::columns));
      support::twin<TestType> t(++seed, where);
      auto& x = t.normal(s.rows, s.cols, 1, 0.5);
      if (s.rows > 2)  // a row of equal numbers, as padding may be
        for (index_t j = 0; j < s.cols; ++j) x.initial[static_cast<std::size_t>(s.cols + j)] = 0.5;
      auto& weight = t.weight_vector(s.cols, 0.2, 1);
      auto& bias = t.weight_vector(s.cols, 0.5);
      auto& y = t.output(s.rows, s.cols);
      auto& mean = t.output_vector(s.rows);
      auto& rstd = t.output_vector(s.rows);
      auto& dy = t.normal(s.rows, s.cols);
      if (s.rows >
          2)  // and no gradient comes to it: a gradient of hundreds would hide all other errors
        for (index_t j = 0; j < s.cols; ++j) dy.initial[static_cast<std::size_t>(s.cols + j)] = 0;
      auto& dx = t.output(s.rows, s.cols);
      auto& sum = t.normal(s.rows, s.cols);
      auto& dweight = t.normal_vector(s.cols);
      auto& dbias = t.normal_vector(s.cols);
      t.run([&](auto& d, auto at) {
        layer_norm_forward(d, {.x = at(x),
                               .weight = at.span(weight),
                               .bias = at.span(bias),
                               .eps = eps,
                               .y = at(y),
                               .mean = at.span(mean),
                               .rstd = at.span(rstd)});
        layer_norm_backward(d, {.x = at(x),
                                .weight = at.span(weight),
                                .mean = at.span(mean),
                                .rstd = at.span(rstd),
                                .dy = at(dy),
                                .beta = 0,
                                .dx = at(dx),
                                .dweight = at.span(dweight),
                                .dbias = at.span(dbias)});
        layer_norm_backward(d, {.x = at(x),
                                .weight = at.span(weight),
                                .mean = at.span(mean),
                                .rstd = at.span(rstd),
                                .dy = at(dy),
                                .beta = 1,
                                .dx = at(sum),
                                .dweight = at.span(dweight),
                                .dbias = at.span(dbias)});
      });
      t.expect_close(y, s.cols, 1);
      t.expect_close(mean, s.cols, 1);
      t.expect_close(rstd, s.cols);
      t.expect_close(dx, s.cols, 2);
      t.expect_close(sum, s.cols, 2);
      t.expect_close(dweight, s.rows + s.cols);
      t.expect_close(dbias, s.rows);
      const numbers expected = normed(x.initial, s.cols, weight.initial, bias.initial, eps),
                    actual = y.expected.values();
      double worst = 0;
      for (std::size_t i = 0; i < expected.size(); ++i)
        worst = std::max(worst, std::abs(expected[i] - actual[i]));
      CHECK(worst < 1e-9);
    }
}

TEST_CASE("layer_norm: the reference's gradients are finite differences of the formula",
          "[device][layer_norm]") {
  constexpr index_t rows = 4, cols = 6;
  constexpr double eps = 1e-3;
  support::twin<reference> t(1);
  auto& x = t.normal(rows, cols);
  auto& weight = t.weight_vector(cols, 0.2, 1);
  auto& bias = t.weight_vector(cols);
  auto& y = t.output(rows, cols);
  auto& mean = t.output_vector(rows);
  auto& rstd = t.output_vector(rows);
  auto& dy = t.normal(rows, cols);
  auto& dx = t.output(rows, cols);
  auto& dweight = t.given_vector(numbers(cols, 0.0));
  auto& dbias = t.given_vector(numbers(cols, 0.0));
  t.run([&](auto& d, auto at) {
    layer_norm_forward(d, {.x = at(x),
                           .weight = at.span(weight),
                           .bias = at.span(bias),
                           .eps = eps,
                           .y = at(y),
                           .mean = at.span(mean),
                           .rstd = at.span(rstd)});
    layer_norm_backward(d, {.x = at(x),
                            .weight = at.span(weight),
                            .mean = at.span(mean),
                            .rstd = at.span(rstd),
                            .dy = at(dy),
                            .beta = 0,
                            .dx = at(dx),
                            .dweight = at.span(dweight),
                            .dbias = at.span(dbias)});
  });
  const auto check = [&](numbers& changed, const numbers& gradient) {
    for (std::size_t i = 0; i < changed.size(); ++i) {
      constexpr double step = 1e-5;
      const double here = changed[i];
      double difference = 0;
      for (const double to : {step, -step}) {
        changed[i] = here + to;
        const numbers out = normed(x.initial, cols, weight.initial, bias.initial, eps);
        for (std::size_t k = 0; k < out.size(); ++k)
          difference += (to > 0 ? 1 : -1) * out[k] * dy.initial[k];
      }
      changed[i] = here;
      CHECK(gradient[i] ==
            Catch::Detail::Approx(difference / (2 * step)).epsilon(1e-6).margin(1e-8));
    }
  };
  check(x.initial, dx.expected.values());
  check(weight.initial, dweight.expected.values());
  check(bias.initial, dbias.expected.values());
}

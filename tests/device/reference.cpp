// The judge itself: against formulas written another way, and finite differences.
#include "support/catch.hpp"
#include <zer0/device/reference.hpp>
#include <zer0/testing/gradient_check.hpp>

#include <random>

using namespace zer0;

namespace {

struct matrix {
  index_t rows, cols;
  std::vector<double> values;

  matrix(index_t r, index_t c, std::uint32_t seed = 0)
      : rows(r), cols(c), values(static_cast<std::size_t>(r * c)) {
    if (seed == 0) return;
    std::mt19937 random(seed);
    std::normal_distribution<double> normal;
    for (double& v : values) v = normal(random);
  }
  operator tensor_view<double>() { return {values.data(), rows, cols}; }              // NOLINT
  operator tensor_view<const double>() const { return {values.data(), rows, cols}; }  // NOLINT
  std::span<double> span() { return values; }
  tensor_view<const double> view() const { return *this; }
  double& operator()(index_t i, index_t j) {
    return values[static_cast<std::size_t>(i * cols + j)];
  }
  double operator()(index_t i, index_t j) const {
    return values[static_cast<std::size_t>(i * cols + j)];
  }
};

double difference(const matrix& a, const matrix& b) {
  double worst = 0;
  for (std::size_t i = 0; i < a.values.size(); ++i)
    worst = std::max(worst, std::abs(a.values[i] - b.values[i]));
  return worst;
}

double inner(const matrix& a, const matrix& b) {
  double total = 0;
  for (std::size_t i = 0; i < a.values.size(); ++i) total += a.values[i] * b.values[i];
  return total;
}

/// Does the gradient `d` of inner(result, dy) with respect to x agree with finite differences of
/// `forward`?
template <class F>
double gradient_error(matrix& x, const matrix& d, const matrix& result, const matrix& dy,
                      F forward) {
  const auto report = check_gradient(x.span(), std::span<const double>(d.values),
                                     [&] {
                                       forward();
                                       return inner(result, dy);
                                     },
                                     {.coordinates = 40, .directions = 4, .step = 0, .seed = 1});
  UNSCOPED_INFO(report.text());
  return report.worst;
}

}  // namespace

TEST_CASE("reference: a product of small numbers is the one on paper", "[device][reference]") {
  reference d;
  matrix a(2, 3);
  a.values = {1, 2, 3, 4, 5, 6};
  matrix b(3, 2);
  b.values = {7, 8, 9, 10, 11, 12};
  matrix c(2, 2);
  c.values = {1, 1, 1, 1};
  matmul(d, a.view(), b.view(), 1, c);
  CHECK(c.values == std::vector<double>{59, 65, 140, 155});
  matrix square(3, 3);
  matmul(d, transposed(a.view()), transposed(b.view()), 0, square);  // a^T b^T = (b a)^T
  CHECK(square.values == std::vector<double>{39, 49, 59, 54, 68, 82, 69, 87, 105});
}

TEST_CASE("reference: add_scaled adds a multiple of each element", "[device][reference]") {
  reference d;
  matrix x(2, 3);
  x.values = {1, 2, 3, 4, 5, 6};
  matrix y(2, 3);
  y.values = {10, 10, 10, 10, 10, 10};
  add_scaled(d, -0.5, x, y);
  CHECK(y.values == std::vector<double>{9.5, 9, 8.5, 8, 7.5, 7});
}

TEST_CASE(
    "reference: rms_norm makes rows of unit root mean square, and its gradient is that of the "
    "formula",
    "[device][reference]") {
  reference d;
  matrix x(5, 7, 1);
  matrix ones(1, 7);
  for (double& e : ones.values) e = 1;
  matrix y(5, 7);
  matrix rstd(1, 5);
  rms_norm_forward(d, {.x = x, .weight = ones.span(), .eps = 0, .y = y, .rstd = rstd.span()});
  for (index_t i = 0; i < 5; ++i) {
    double squares = 0;
    for (index_t j = 0; j < 7; ++j) squares += y(i, j) * y(i, j);
    CHECK(squares / 7 == Catch::Detail::Approx(1));
  }

  matrix weight(1, 7, 2);
  const matrix dy(5, 7, 3);
  matrix dx(5, 7);
  matrix dweight(1, 7);
  const auto forward = [&] {
    rms_norm_forward(d,
                     {.x = x, .weight = weight.span(), .eps = 1e-3, .y = y, .rstd = rstd.span()});
  };
  forward();
  rms_norm_backward(d, {.x = x,
                        .weight = weight.span(),
                        .rstd = rstd.span(),
                        .dy = dy,
                        .beta = 0,
                        .dx = dx,
                        .dweight = dweight.span()});
  CHECK(gradient_error(x, dx, y, dy, forward) < 1e-8);
  CHECK(gradient_error(weight, dweight, y, dy, forward) < 1e-8);
}

TEST_CASE(
    "reference: rms_norm with a weight of fewer numbers norms each group of columns by itself",
    "[device][reference]") {
  reference d;
  matrix x(4, 6, 1);
  matrix weight(1, 3, 2);
  matrix y(4, 6);
  matrix rstd(1, 8);
  const matrix dy(4, 6, 3);
  matrix dx(4, 6);
  matrix dweight(1, 3);
  const auto forward = [&] {
    rms_norm_forward(d,
                     {.x = x, .weight = weight.span(), .eps = 1e-3, .y = y, .rstd = rstd.span()});
  };
  forward();
  for (index_t i = 0; i < 4; ++i)
    for (index_t g = 0; g < 2; ++g) {
      double squares = 0;
      for (index_t j = 0; j < 3; ++j) squares += x(i, 3 * g + j) * x(i, 3 * g + j);
      for (index_t j = 0; j < 3; ++j)
        CHECK(
            y(i, 3 * g + j) ==
            Catch::Detail::Approx(x(i, 3 * g + j) / std::sqrt(squares / 3 + 1e-3) * weight(0, j)));
    }
  rms_norm_backward(d, {.x = x,
                        .weight = weight.span(),
                        .rstd = rstd.span(),
                        .dy = dy,
                        .beta = 0,
                        .dx = dx,
                        .dweight = dweight.span()});
  CHECK(gradient_error(x, dx, y, dy, forward) < 1e-8);
  CHECK(gradient_error(weight, dweight, y, dy, forward) < 1e-8);
}

TEST_CASE(
    "reference: backward rotation undoes the forward one; products depend on the distance of "
    "positions only",
    "[device][reference]") {
  reference d;
  const std::vector<double> frequencies{1, 0.1, 0.01};
  for (const rope_pairing pairing : {rope_pairing::interleaved, rope_pairing::half_split}) {
    const matrix q(1, 6, 1);
    const matrix k(1, 6, 2);
    const auto turned = [&](const matrix& x, std::int32_t position, rope_direction direction) {
      matrix out = x;
      const std::vector<std::int32_t> positions{position};
      rotate(d, {.pairing = pairing,
                 .direction = direction,
                 .head_dim = 6,
                 .positions = positions,
                 .frequencies = frequencies,
                 .magnitude = 1,
                 .x = out});
      return out;
    };
    const auto at = [&](const matrix& x, std::int32_t position) {
      return turned(x, position, rope_direction::forward);
    };
    CHECK(difference(turned(at(q, 77), 77, rope_direction::backward), q) < 1e-13);
    CHECK(difference(at(q, 0), q) == 0);
    CHECK(inner(at(q, 9), at(k, 4)) ==
          Catch::Detail::Approx(inner(at(q, 105), at(k, 100))).epsilon(1e-12));
    CHECK(inner(at(q, 9), at(k, 4)) !=
          Catch::Detail::Approx(inner(at(q, 9), at(k, 5))).epsilon(1e-3));
    matrix unit(1, 6);
    unit(0, 0) = 1;
    const matrix out = at(unit, 2);
    CHECK(out(0, 0) == Catch::Detail::Approx(std::cos(2.0)));
    CHECK(out(0, pairing == rope_pairing::interleaved ? 1 : 3) ==
          Catch::Detail::Approx(std::sin(2.0)));
  }
}

TEST_CASE("reference: cross_entropy is minus the logarithm of the softmax, and its gradient fits",
          "[device][reference]") {
  reference d;
  matrix logits(4, 5, 1);
  const std::vector<std::int32_t> targets{3, 0, -1, 4};
  const std::vector<double> weights{1, 0.5, 0, 2};
  std::vector<double> loss(4);
  cross_entropy_loss(d, {.logits = logits, .targets = targets, .weights = weights, .loss = loss});
  double total = 0;
  for (const std::size_t i : {0u, 1u, 3u}) {
    const auto row = static_cast<index_t>(i);
    double sum_of_exponentials = 0;
    for (index_t j = 0; j < 5; ++j) sum_of_exponentials += std::exp(logits(row, j));
    const double p = std::exp(logits(row, targets[i])) / sum_of_exponentials;
    CHECK(loss[i] == Catch::Detail::Approx(-weights[i] * std::log(p)));
    total += loss[i];
  }
  CHECK(loss[2] == 0);

  matrix gradient = logits;
  std::vector<double> same(4);
  cross_entropy_gradient(
      d, {.logits = gradient, .targets = targets, .weights = weights, .loss = same});
  CHECK(same == loss);
  const auto report = check_gradient(logits.span(), std::span<const double>(gradient.values), [&] {
    cross_entropy_loss(d, {.logits = logits, .targets = targets, .weights = weights, .loss = loss});
    return sum(d, loss);
  });
  INFO(report.text());
  CHECK(report.worst < 1e-8);
}

TEST_CASE("reference: AdamW's first step moves by the learning rate against the gradient's sign",
          "[device][reference]") {
  reference d;
  std::vector<double> p{1, 1, 1};
  const std::vector<double> g{-8, 0, 2e-3};
  std::vector<double> m(3);
  std::vector<double> v(3);
  adamw_update(d,
               {.learning_rate = 0.1,
                .beta1 = 0.9,
                .beta2 = 0.95,
                .eps = 0,
                .weight_decay = 0.5,
                .step = 1,
                .gradient_factor = 0.25},
               {.weights = std::span(p).first(1),
                .gradients = std::span(g).first(1),
                .first = m,
                .second = v});
  CHECK(p[0] == Catch::Detail::Approx(0.95 + 0.1));
  CHECK(m[0] == Catch::Detail::Approx(0.1 * -2));
  CHECK(v[0] == Catch::Detail::Approx(0.05 * 4));
  adamw_update(d,
               {.learning_rate = 0.1,
                .beta1 = 0.9,
                .beta2 = 0.95,
                .eps = 1e-8,
                .weight_decay = 0,
                .step = 1},
               {.weights = std::span(p).subspan(1),
                .gradients = std::span(g).subspan(1),
                .first = std::span(m).subspan(1),
                .second = std::span(v).subspan(1)});
  CHECK(p[1] == 1);  // no gradient, no decay
  CHECK(p[2] == Catch::Detail::Approx(0.9).epsilon(1e-4));
}

namespace {

/// Two sequences of 3 and 6 tokens, 4 heads on 2.
struct attention_setup {
  explicit attention_setup(index_t window = 0, double soft_cap = 0, index_t value_dim = 3)
      : a{.heads = 4,
          .kv_heads = 2,
          .head_dim = 3,
          .scale = 0.7,
          .window = window,
          .soft_cap = soft_cap,
          .value_dim = value_dim} {}

  reference d;
  attention_sizes a;
  std::vector<std::int32_t> starts{0, 3, 9};
  matrix q{9, 12, 1}, k{9, 6, 2}, v{9, 2 * a.value_dim, 3};
  matrix o{9, 4 * a.value_dim}, probabilities{36, 6}, lse{1, 36};
  const matrix dout{9, 4 * a.value_dim, 4};
  matrix dq{9, 12}, dk{9, 6}, dv{9, 2 * a.value_dim};

  void standard() {
    standard_attention_forward(
        d, a, {.q = q, .k = k, .v = v, .starts = starts, .probabilities = probabilities, .o = o});
  }
  void flash() {
    flash_attention_forward(d, a,
                            {.q = q, .k = k, .v = v, .starts = starts, .o = o, .lse = lse.span()});
  }
};

}  // namespace

TEST_CASE("reference: attention is softmax(scale q k^T) v with causal sequences and shared heads",
          "[device][reference]") {
  attention_setup s;
  s.standard();
  for (index_t token = 0; token < 9; ++token)
    for (index_t head = 0; head < 4; ++head) {
      const index_t first = token < 3 ? 0 : 3;
      double total = 0;
      double out[3] = {};
      for (index_t key = first; key <= token; ++key) {
        double score = 0;
        for (index_t e = 0; e < 3; ++e)
          score += s.q(token, head * 3 + e) * s.k(key, head / 2 * 3 + e);
        const double weight = std::exp(0.7 * score);
        total += weight;
        for (index_t e = 0; e < 3; ++e) out[e] += weight * s.v(key, head / 2 * 3 + e);
      }
      for (index_t e = 0; e < 3; ++e)
        CHECK(s.o(token, head * 3 + e) == Catch::Detail::Approx(out[e] / total));
    }
}

TEST_CASE(
    "reference: a window hides all but the last keys, a soft cap bends scores by tanh, values have "
    "their width",
    "[device][reference]") {
  attention_setup s(3, 0.8, 2);
  s.standard();
  for (index_t token = 0; token < 9; ++token)
    for (index_t head = 0; head < 4; ++head) {
      double total = 0;
      double out[2] = {};
      for (index_t key = std::max<index_t>(token < 3 ? 0 : 3, token - 2); key <= token; ++key) {
        double product = 0;
        for (index_t e = 0; e < 3; ++e)
          product += s.q(token, head * 3 + e) * s.k(key, head / 2 * 3 + e);
        const double weight = std::exp(0.8 * std::tanh(0.7 * product / 0.8));
        total += weight;
        for (index_t e = 0; e < 2; ++e) out[e] += weight * s.v(key, head / 2 * 2 + e);
      }
      for (index_t e = 0; e < 2; ++e)
        CHECK(s.o(token, head * 2 + e) == Catch::Detail::Approx(out[e] / total));
    }
}

TEST_CASE("reference: standard, flash and cached attention give the same output",
          "[device][reference]") {
  const index_t window = GENERATE(0, 2);
  attention_setup s(window, window * 0.5);
  s.standard();
  const matrix standard = s.o;
  s.flash();
  CHECK(difference(s.o, standard) < 1e-14);

  matrix keys(2 * 8, 6);
  matrix values(2 * 8, 6);
  for (index_t token = 0; token < 9; ++token)
    for (index_t j = 0; j < 6; ++j) {
      const index_t row = token < 3 ? token : 8 + token - 3;
      keys(row, j) = s.k(token, j);
      values(row, j) = s.v(token, j);
    }
  matrix cached(9, 12);
  const std::vector<std::int32_t> no_past{0, 0};
  cached_attention(
      s.d, s.a,
      {.q = s.q, .cache = {keys, values, 8}, .starts = s.starts, .past = no_past, .o = cached});
  CHECK(difference(cached, standard) < 1e-14);

  const std::vector<std::int32_t> last_tokens{0, 1, 2};  // token 2 and token 8 alone
  const std::vector<std::int32_t> past{2, 5};
  matrix q(2, 12);
  for (index_t j = 0; j < 12; ++j) {
    q(0, j) = s.q(2, j);
    q(1, j) = s.q(8, j);
  }
  matrix o(2, 12);
  cached_attention(
      s.d, s.a, {.q = q, .cache = {keys, values, 8}, .starts = last_tokens, .past = past, .o = o});
  for (index_t j = 0; j < 12; ++j) {
    CHECK(o(0, j) == Catch::Detail::Approx(standard(2, j)));
    CHECK(o(1, j) == Catch::Detail::Approx(standard(8, j)));
  }
}

TEST_CASE("reference: both attention kernels have the gradients of the formula, with dropout too",
          "[device][reference]") {
  const auto [window, soft_cap, value_dim] = GENERATE(
      std::tuple<index_t, double, index_t>{0, 0, 3}, std::tuple<index_t, double, index_t>{4, 0, 3},
      std::tuple<index_t, double, index_t>{0, 0.9, 3},
      std::tuple<index_t, double, index_t>{3, 0.9, 5});
  for (const double dropout : {0.0, 0.4}) {
    attention_setup s(window, soft_cap, value_dim);
    s.a.dropout = dropout;
    s.a.stream = {.seed = 9, .site = 1, .step = 2};
    s.standard();
    matrix scratch(36, 6);
    standard_attention_backward(s.d, s.a,
                                {.q = s.q,
                                 .k = s.k,
                                 .v = s.v,
                                 .starts = s.starts,
                                 .probabilities = s.probabilities,
                                 .dout = s.dout,
                                 .scratch = scratch,
                                 .dq = s.dq,
                                 .dk = s.dk,
                                 .dv = s.dv});
    const auto forward = [&] { s.standard(); };
    CHECK(gradient_error(s.q, s.dq, s.o, s.dout, forward) < 1e-8);
    CHECK(gradient_error(s.k, s.dk, s.o, s.dout, forward) < 1e-8);
    CHECK(gradient_error(s.v, s.dv, s.o, s.dout, forward) < 1e-8);

    s.flash();
    matrix dq(9, 12);
    matrix dk(9, 6);
    matrix dv(9, 2 * value_dim);
    flash_attention_backward(s.d, s.a,
                             {.q = s.q,
                              .k = s.k,
                              .v = s.v,
                              .starts = s.starts,
                              .o = s.o,
                              .lse = s.lse.span(),
                              .dout = s.dout,
                              .scratch = std::span<double>(),
                              .dq = dq,
                              .dk = dk,
                              .dv = dv});
    CHECK(difference(dq, s.dq) < 1e-13);
    CHECK(difference(dk, s.dk) < 1e-13);
    CHECK(difference(dv, s.dv) < 1e-13);
  }
}

TEST_CASE("reference: attention dropout keeps the mean", "[device][reference]") {
  attention_setup s;
  s.flash();
  const matrix without = s.o;
  s.a.dropout = 0.5;
  matrix mean(9, 12);
  constexpr int passes = 4000;
  for (std::uint32_t step = 0; step < passes; ++step) {
    s.a.stream = {.seed = 1, .site = 0, .step = step};
    s.flash();
    add(s.d, s.o, mean);
  }
  scale(s.d, 1.0 / passes, mean);
  CHECK(difference(mean, without) <
        5 * 2.5 / std::sqrt(1.0 * passes));  // values to 2.5, five standard deviations
}

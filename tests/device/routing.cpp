// Routing of tokens to experts on every device: each operation against a formula of its own, and
// devices against the reference.
#include "support/devices.hpp"
#include "support/twin.hpp"
#include <zer0/device/ops/routing.hpp>

#include <numeric>

using namespace zer0;
using support::placement;
using numbers = std::vector<double>;

namespace {

struct routing_shape {
  std::vector<std::int32_t> starts;  ///< of sequences
  index_t experts, k;
  int dead;  ///< every dead-th token is padding, 1: all of them, 0: none
};
// One token and one expert; k = E; no live row; more experts than a warp has lanes and than a block
// has threads; sequences of which one is empty.
const routing_shape shapes[] = {{{0, 1}, 1, 1, 0},         {{0, 1}, 4, 2, 0},
                                {{0, 5}, 3, 3, 2},         {{0, 3, 7}, 4, 2, 1},
                                {{0, 9, 9, 64}, 8, 2, 3},  {{0, 33, 70}, 33, 6, 5},
                                {{0, 20, 40}, 64, 8, 0},   {{0, 100, 130}, 256, 4, 4},
                                {{0, 300, 1100}, 5, 1, 7}, {{0, 17}, 300, 300, 0}};

/// A test's numbers: scores with many equal ones among them, tokens that are live, and a choice of
/// the k largest.
template <class D>
struct problem {
  problem(const routing_shape& s, std::uint32_t seed, placement where)
      : t(seed, where),
        shape(s),
        rows(s.starts.back()),
        experts(s.experts),
        scores(t.wide_normal(rows, experts)) {
    for (double& x : scores.initial) x = 0.25 * std::abs(std::round(4 * x));  // ties
    scores.initial[0] = -0.0;
    for (index_t i = 0; i < rows; ++i)
      is_live.push_back(s.dead > 0 && (i + 1) % s.dead == 0 ? 0 : 1);
    live = &t.given_vector(is_live);
    count = std::accumulate(is_live.begin(), is_live.end(), 0.0);
    std::vector<double> ones = chosen_in_rows();
    mask = &t.wide_normal(rows, experts);
    mask->initial = ones;
  }

  [[nodiscard]] double at(const numbers& of, index_t i, index_t e) const {
    return of[static_cast<std::size_t>(i * experts + e)];
  }
  /// Sorts where the devices select.
  [[nodiscard]] numbers chosen_in_rows() const {
    numbers ones(scores.initial.size(), 0.0);
    for (index_t i = 0; i < rows; ++i) {
      std::vector<index_t> order(static_cast<std::size_t>(experts));
      std::iota(order.begin(), order.end(), 0);
      std::stable_sort(order.begin(), order.end(), [&](index_t a, index_t b) {
        return at(scores.initial, i, a) > at(scores.initial, i, b);
      });
      for (index_t n = 0; n < shape.k && is_live[static_cast<std::size_t>(i)] == 1; ++n)
        ones[static_cast<std::size_t>(i * experts + order[static_cast<std::size_t>(n)])] = 1;
    }
    return ones;
  }
  [[nodiscard]] numbers chosen_in_columns(double share) const {
    numbers ones(scores.initial.size(), 0.0);
    for (index_t e = 0; e < experts; ++e) {
      std::vector<index_t> order;
      for (index_t i = 0; i < rows; ++i)
        if (is_live[static_cast<std::size_t>(i)] == 1) order.push_back(i);
      std::stable_sort(order.begin(), order.end(), [&](index_t a, index_t b) {
        return at(scores.initial, a, e) > at(scores.initial, b, e);
      });
      for (std::size_t n = 0; n < order.size() && static_cast<double>(n) < share * count; ++n)
        ones[static_cast<std::size_t>(order[n] * experts + e)] = 1;
    }
    return ones;
  }

  support::twin<D> t;
  routing_shape shape;
  index_t rows, experts;
  typename support::twin<D>::wide_matrix& scores;
  typename support::twin<D>::wide_matrix* live = nullptr;
  typename support::twin<D>::wide_matrix* mask = nullptr;
  numbers is_live;
  double count = 0;  ///< of live tokens
};

template <class D, class F>
void for_problems(F f) {
  std::uint32_t seed = 0;
  for (const routing_shape& s : shapes)
    for (const placement where : {placement::contiguous, placement::columns}) {
      INFO(s.starts.back() << " tokens, " << s.experts << " experts, k " << s.k << ", dead "
                           << s.dead << ", columns " << (where == placement::columns));
      problem<D> p(s, ++seed, where);
      f(p, p.t);
    }
}

template <class D>
std::vector<std::int32_t> on_host(D& d, const buffer<std::int32_t, D>& list) {
  std::vector<std::int32_t> out(static_cast<std::size_t>(list.size()));
  d.download(out.data(), list.data(), out.size() * sizeof(std::int32_t));
  return out;
}

void expect_near(const numbers& actual, const numbers& expected, double within = 1e-12) {
  REQUIRE(actual.size() == expected.size());
  double worst = 0;
  for (std::size_t i = 0; i < actual.size(); ++i) {
    const double wrong = std::abs(actual[i] - expected[i]) / (1 + std::abs(expected[i]));
    worst = std::isnan(wrong) || wrong > worst ? (std::isnan(wrong) ? HUGE_VAL : wrong) : worst;
  }
  CHECK(worst <= within);
}

/// Derivative of f, of a list of numbers, with respect to each: central differences.
template <class F>
numbers slopes(numbers x, F f) {
  numbers out;
  constexpr double step = 1e-5;
  for (double& e : x) {
    const double here = e;
    e = here + step;
    const double above = f(x);
    e = here - step;
    out.push_back((above - f(x)) / (2 * step));
    e = here;
  }
  return out;
}

}  // namespace

TEMPLATE_LIST_TEST_CASE("routing: softmax of rows and its gradient", "[device][routing]",
                        support::judged_devices) {
  for_problems<TestType>([](auto& p, auto& t) {
    auto& y = t.wide_output(p.rows, p.experts);
    auto& in_place = t.wide_normal(p.rows, p.experts);
    in_place.initial = p.scores.initial;
    auto& dy = t.wide_normal(p.rows, p.experts);
    auto& dx = t.wide_output(p.rows, p.experts);
    auto& dx_in_place = t.wide_normal(p.rows, p.experts);
    dx_in_place.initial = dy.initial;
    t.run([&](auto& d, auto at) {
      softmax_rows(d, at(p.scores), at(y));
      softmax_rows(d, at(in_place), at(in_place));
      softmax_rows_backward(d, {.y = at(y), .dy = at(dy), .dx = at(dx)});
      softmax_rows_backward(d, {.y = at(y), .dy = at(dx_in_place), .dx = at(dx_in_place)});
    });
    t.expect_close(y, p.experts);
    t.expect_close(dx, p.experts, 1);
    CHECK(in_place.actual.values() == y.actual.values());
    CHECK(dx_in_place.actual.values() == dx.actual.values());
    numbers formula, gradient;
    for (index_t i = 0; i < p.rows; ++i) {
      const auto sum_of = [&](auto f) {
        double sum = 0;
        for (index_t e = 0; e < p.experts; ++e)
          sum += std::exp(p.at(p.scores.initial, i, e)) * f(e);
        return sum;
      };
      const double all = sum_of([](index_t) { return 1.0; });
      const double mean = sum_of([&](index_t e) { return p.at(dy.initial, i, e); }) / all;
      for (index_t e = 0; e < p.experts; ++e) {
        formula.push_back(std::exp(p.at(p.scores.initial, i, e)) / all);
        gradient.push_back(formula.back() * (p.at(dy.initial, i, e) - mean));
      }
    }
    expect_near(y.expected.values(), formula);
    expect_near(dx.expected.values(), gradient);
  });
}

TEMPLATE_LIST_TEST_CASE(
    "routing: the k largest of each row, and a share of each column, ties to the first",
    "[device][routing]", support::judged_devices) {
  for_problems<TestType>([](auto& p, auto& t) {
    auto& rows = t.wide_output(p.rows, p.experts);
    auto& of_all = t.wide_output(p.rows, p.experts);
    auto& columns = t.wide_output(p.rows, p.experts);
    auto& all = t.wide_output(p.rows, p.experts);
    auto& none = t.wide_output(p.rows, p.experts);
    auto& limited = t.wide_output(p.rows, p.experts);
    const double share = static_cast<double>(p.shape.k) / static_cast<double>(p.experts);
    t.run([&](auto& d, auto at) {
      choose_in_rows(d, at(p.scores), at.span(*p.live), p.shape.k, at(rows));
      choose_in_rows(d, at(p.scores), {}, p.shape.k, at(of_all));
      choose_in_columns(d, at(p.scores), at.span(*p.live), share, at(columns));
      choose_in_columns(d, at(p.scores), at.span(*p.live), 1.5, at(all));
      choose_in_columns(d, at(p.scores), at.span(*p.live), 0, at(none));
      limit_columns(d, at(*p.mask), at.span(*p.live), 0.5 * share, at(limited));
    });
    for (auto* m : {&rows, &of_all, &columns, &all, &none, &limited}) t.expect_equal(*m);
    CHECK(rows.expected.values() == p.chosen_in_rows());
    CHECK(columns.expected.values() == p.chosen_in_columns(share));
    CHECK(all.expected.values() == p.chosen_in_columns(1));
    CHECK(none.expected.values() == numbers(p.scores.initial.size(), 0.0));
    const numbers every = of_all.expected.values();
    CHECK(std::count(every.begin(), every.end(), 1.0) == p.rows * p.shape.k);
    numbers first = p.mask->initial;
    for (index_t e = 0; e < p.experts; ++e) {
      double taken = 0;
      for (index_t i = 0; i < p.rows; ++i) {
        double& one = first[static_cast<std::size_t>(i * p.experts + e)];
        if (one == 1 && taken++ >= std::ceil(0.5 * share * p.count - 1e-9)) one = 0;
      }
    }
    CHECK(limited.expected.values() == first);
  });
}

TEMPLATE_LIST_TEST_CASE("routing: scores that are no numbers choose k experts all the same",
                        "[device][routing]", support::judged_devices) {
  support::twin<TestType> t(1);
  auto& scores = t.wide_normal(3, 5);
  for (std::size_t i = 0; i < 10; ++i)
    scores.initial[i] = i == 7 ? 1 : std::numeric_limits<double>::quiet_NaN();
  auto& mask = t.wide_output(3, 5);
  auto& columns = t.wide_output(3, 5);
  t.run([&](auto& d, auto at) {
    choose_in_rows(d, at(scores), {}, 2, at(mask));
    choose_in_columns(d, at(scores), {}, 0.5, at(columns));
  });
  const numbers ones = mask.actual.values(), two = columns.actual.values();
  for (int i = 0; i < 3; ++i)
    CHECK(std::accumulate(ones.begin() + 5 * i, ones.begin() + 5 * i + 5, 0.0) == 2);
  CHECK(std::accumulate(two.begin(), two.end(), 0.0) == 5 * 2);
}

TEMPLATE_LIST_TEST_CASE("routing: a share that is whole but for its rounding is whole",
                        "[device][routing]", support::judged_devices) {
  for (const auto& [share, live, rows] :
       {std::tuple{0.1 * 3, 10, 3}, {1.1 * 10 / 11, 11, 11}, {0.3, 11, 4}, {0.7 * 0.1, 100, 7}}) {
    support::twin<TestType> t(1);
    auto& scores = t.wide_normal(live, 1);
    auto& mask = t.wide_output(live, 1);
    t.run(
        [&, by = share](auto& d, auto at) { choose_in_columns(d, at(scores), {}, by, at(mask)); });
    const numbers ones = mask.actual.values();
    CHECK(std::accumulate(ones.begin(), ones.end(), 0.0) == rows);
  }
}

TEMPLATE_LIST_TEST_CASE("routing: gates of the chosen experts and their gradient",
                        "[device][routing]", support::judged_devices) {
  for (const bool normalize : {false, true})
    for_problems<TestType>([normalize](auto& p, auto& t) {
      constexpr double factor = 1.5;
      for (double& s : p.scores.initial) s = s + 0.125;
      auto& gates = t.wide_output(p.rows, p.experts);
      auto& dgates = t.wide_normal(p.rows, p.experts);
      for (std::size_t i = 0; i < dgates.initial.size(); ++i)
        if (p.mask->initial[i] == 0) dgates.initial[i] = NAN;  // not read
      auto& dscores = t.wide_output(p.rows, p.experts);
      t.run([&](auto& d, auto at) {
        gate_chosen(d, {.scores = at(p.scores),
                        .mask = at(*p.mask),
                        .normalize = normalize,
                        .factor = factor,
                        .gates = at(gates)});
        gate_chosen_backward(d, {.scores = at(p.scores),
                                 .mask = at(*p.mask),
                                 .normalize = normalize,
                                 .factor = factor,
                                 .dgates = at(dgates),
                                 .dscores = at(dscores)});
      });
      t.expect_close(gates, p.experts);
      t.expect_close(dscores, p.experts, 1);
      const auto formula = [&](const numbers& scores) {
        numbers out;
        for (index_t i = 0; i < p.rows; ++i) {
          double sum = 1e-20;
          for (index_t e = 0; e < p.experts; ++e)
            sum += p.at(p.mask->initial, i, e) * p.at(scores, i, e);
          for (index_t e = 0; e < p.experts; ++e)
            out.push_back(factor * p.at(p.mask->initial, i, e) * p.at(scores, i, e) /
                          (normalize ? sum : 1));
        }
        return out;
      };
      expect_near(gates.expected.values(), formula(p.scores.initial));
      if (p.rows * p.experts > 300) return;
      const numbers expected = slopes(p.scores.initial, [&](const numbers& scores) {
        const numbers g = formula(scores);
        double sum = 0;
        for (std::size_t i = 0; i < g.size(); ++i)
          if (p.mask->initial[i] == 1) sum += g[i] * dgates.initial[i];
        return sum;
      });
      expect_near(dscores.expected.values(), expected, 1e-6);
    });
}

TEMPLATE_LIST_TEST_CASE("routing: the chosen pairs are listed by expert and by token",
                        "[device][routing]", support::judged_devices) {
  for_problems<TestType>([](auto& p, auto& t) {
    const index_t room = p.rows * p.shape.k + 3;
    const auto list = [&](index_t n) -> auto& {
      return t.ids(std::vector<std::int32_t>(static_cast<std::size_t>(n), -7));
    };
    auto& starts = list(p.experts + 1);
    auto& tokens = list(room);
    auto& token_starts = list(p.rows + 1);
    auto& places = list(room);
    auto& gates = t.wide_normal(p.rows, p.experts);
    auto& weights = t.output_vector(room);
    auto& back = t.wide_output(p.rows, p.experts);
    t.run([&](auto& d, auto at) {
      list_chosen(d, {.mask = at(*p.mask),
                      .starts = at.writable(starts),
                      .tokens = at.writable(tokens),
                      .token_starts = at.writable(token_starts),
                      .places = at.writable(places)});
      gather_gates(d, {.gates = at(gates),
                       .starts = at(starts),
                       .tokens = at(tokens),
                       .weights = at.span(weights)});
      scatter_gates(d, {.weights = at.span(weights),
                        .starts = at(starts),
                        .tokens = at(tokens),
                        .gates = at(back)});
    });
    t.expect_equal(weights);
    t.expect_equal(back);
    std::vector<std::int32_t> by_expert, expert_starts{0}, of_tokens{0};
    std::vector<std::vector<std::int32_t>> places_of(static_cast<std::size_t>(p.rows));
    numbers listed, masked;
    for (index_t e = 0; e < p.experts; ++e) {
      for (index_t i = 0; i < p.rows; ++i)
        if (p.at(p.mask->initial, i, e) == 1) {
          places_of[static_cast<std::size_t>(i)].push_back(
              static_cast<std::int32_t>(by_expert.size()));
          by_expert.push_back(static_cast<std::int32_t>(i));
          listed.push_back(p.at(gates.initial, i, e));
        }
      expert_starts.push_back(static_cast<std::int32_t>(by_expert.size()));
    }
    std::vector<std::int32_t> by_token;
    for (const auto& of : places_of) {
      by_token.insert(by_token.end(), of.begin(), of.end());
      of_tokens.push_back(static_cast<std::int32_t>(by_token.size()));
    }
    for (std::size_t i = 0; i < gates.initial.size(); ++i)
      masked.push_back(gates.initial[i] * p.mask->initial[i]);
    const auto size = static_cast<std::size_t>(room);
    by_expert.resize(size);
    by_token.resize(size);
    listed.resize(size);
    CHECK(on_host(t.device(), starts.actual) == expert_starts);
    CHECK(on_host(t.device(), tokens.actual) == by_expert);
    CHECK(on_host(t.device(), token_starts.actual) == of_tokens);
    CHECK(on_host(t.device(), places.actual) == by_token);
    CHECK(on_host(t.judge(), tokens.expected) == by_expert);
    CHECK(on_host(t.judge(), places.expected) == by_token);
    CHECK(weights.expected.values() == listed);
    for (std::size_t i = 0; i < masked.size(); ++i) masked[i] += 0.0;  // -0 is 0
    CHECK(back.expected.values() == masked);
  });
}

TEMPLATE_LIST_TEST_CASE("routing: thousands of tokens are listed", "[device][routing]",
                        support::judged_devices) {
  constexpr index_t rows = support::emulated ? 3000 : 65536, experts = support::emulated ? 40 : 256;
  support::twin<TestType> t(1);
  auto& mask = t.wide_normal(rows, experts);
  std::size_t ones = 0;
  for (double& x : mask.initial) ones += (x = x > 2 ? 1 : 0) == 1 ? 1 : 0;
  auto& starts = t.ids(std::vector<std::int32_t>(experts + 1));
  auto& tokens = t.ids(std::vector<std::int32_t>(ones));
  auto& token_starts = t.ids(std::vector<std::int32_t>(rows + 1));
  auto& places = t.ids(std::vector<std::int32_t>(ones));
  t.run([&](auto& d, auto at) {
    list_chosen(d, {.mask = at(mask),
                    .starts = at.writable(starts),
                    .tokens = at.writable(tokens),
                    .token_starts = at.writable(token_starts),
                    .places = at.writable(places)});
  });
  CHECK(on_host(t.device(), starts.actual) == on_host(t.judge(), starts.expected));
  CHECK(on_host(t.device(), tokens.actual) == on_host(t.judge(), tokens.expected));
  CHECK(on_host(t.device(), token_starts.actual) == on_host(t.judge(), token_starts.expected));
  CHECK(on_host(t.device(), places.actual) == on_host(t.judge(), places.expected));
}

TEMPLATE_LIST_TEST_CASE("routing: results of experts are combined by token; gradients go back",
                        "[device][routing]", support::judged_devices) {
  for (const index_t width : {1, 8, 37, 300})
    for_problems<TestType>([width](auto& p, auto& t) {
      if (p.rows * p.experts > (support::emulated ? 600 : 6000) && width > 8) return;
      const index_t room = p.rows * p.shape.k + 3;
      const auto list = [&](index_t n) -> auto& {
        return t.ids(std::vector<std::int32_t>(static_cast<std::size_t>(n)));
      };
      auto& starts = list(p.experts + 1);
      auto& tokens = list(room);
      auto& token_starts = list(p.rows + 1);
      auto& places = list(room);
      auto& weights = t.normal_vector(room);
      auto& x = t.normal(room, width);
      auto& y = t.output(p.rows, width);
      auto& sum = t.normal(p.rows, width);
      auto& dy = t.normal(p.rows, width);
      auto& dx = t.given(room, width, numbers(static_cast<std::size_t>(room * width), 7));
      auto& dx_in_place = t.given(room, width, x.initial);
      auto& dweights = t.given_vector(numbers(static_cast<std::size_t>(room), 7));
      auto& dweights_again = t.given_vector(numbers(static_cast<std::size_t>(room), 7));
      t.run([&](auto& d, auto at) {
        list_chosen(d, {.mask = at(*p.mask),
                        .starts = at.writable(starts),
                        .tokens = at.writable(tokens),
                        .token_starts = at.writable(token_starts),
                        .places = at.writable(places)});
        combine_rows(d, {.token_starts = at(token_starts),
                         .places = at(places),
                         .weights = at.span(weights),
                         .x = at(x),
                         .beta = 0,
                         .y = at(y)});
        combine_rows(d, {.token_starts = at(token_starts),
                         .places = at(places),
                         .x = at(x),
                         .beta = 1,
                         .y = at(sum)});
        combine_rows_backward(d, {.starts = at(starts),
                                  .tokens = at(tokens),
                                  .weights = at.span(weights),
                                  .dy = at(dy),
                                  .x = at(x),
                                  .dx = at(dx),
                                  .dweights = at.span(dweights)});
        combine_rows_backward(d, {.starts = at(starts),
                                  .tokens = at(tokens),
                                  .weights = at.span(weights),
                                  .dy = at(dy),
                                  .x = at(dx_in_place),
                                  .dx = at(dx_in_place),
                                  .dweights = at.span(dweights_again)});
      });
      t.expect_close(y, p.shape.k, 1, 1);
      t.expect_close(sum, p.shape.k, 1, 1);
      t.expect_close(dx);
      t.expect_close(dweights, width, std::sqrt(static_cast<double>(width)));
      CHECK(dweights_again.actual.values() == dweights.actual.values());
      const auto first = [&](const numbers& v) {
        const std::vector<std::int32_t> to = on_host(t.judge(), starts.expected);
        return numbers(v.begin(), v.begin() + to.back() * width);
      };
      CHECK(first(dx_in_place.actual.values()) == first(dx.actual.values()));
      numbers combined(y.initial.size(), 0.0), added = sum.initial, back(dx.initial.size(), 7.0),
                                               dots(static_cast<std::size_t>(room), 7.0);
      std::size_t place = 0;
      for (index_t e = 0; e < p.experts; ++e)
        for (index_t i = 0; i < p.rows; ++i) {
          if (p.at(p.mask->initial, i, e) == 0) continue;
          dots[place] = 0;
          for (index_t j = 0; j < width; ++j) {
            const auto in = static_cast<std::size_t>(i * width + j),
                       out = place * static_cast<std::size_t>(width) + static_cast<std::size_t>(j);
            combined[in] += weights.initial[place] * x.initial[out];
            added[in] += x.initial[out];
            back[out] = weights.initial[place] * dy.initial[in];
            dots[place] += dy.initial[in] * x.initial[out];
          }
          ++place;
        }
      expect_near(y.expected.values(), combined);
      expect_near(sum.expected.values(), added);
      expect_near(dx.expected.values(), back);
      expect_near(dweights.expected.values(), dots);
    });
}

TEMPLATE_LIST_TEST_CASE("routing: the loss of balance and its gradient", "[device][routing]",
                        support::judged_devices) {
  for (const bool normalized : {false, true})
    for (const bool whole : {false, true})
      for_problems<TestType>([=](auto& p, auto& t) {
        const balance_rule rule{.weight = 0.3,
                                .experts_per_token = p.shape.k,
                                .normalized = normalized,
                                .whole_batch = whole};
        const index_t segments = whole ? 1 : static_cast<index_t>(p.shape.starts.size()) - 1;
        auto& starts = t.ids(p.shape.starts);
        auto& counts = t.wide_output(segments, p.experts);
        auto& total = t.given_vector({2});
        auto& dscores = t.wide_normal(p.rows, p.experts);
        t.run([&](auto& d, auto at) {
          balance_loss(d, rule,
                       {.starts = at(starts),
                        .live = at.span(*p.live),
                        .mask = at(*p.mask),
                        .scores = at(p.scores),
                        .counts = at(counts),
                        .total = at.span(total)});
          balance_loss_gradient(d, rule,
                                {.starts = at(starts),
                                 .live = at.span(*p.live),
                                 .counts = at(counts),
                                 .dscores = at(dscores)});
        });
        t.expect_equal(counts);
        t.expect_close(total);
        t.expect_close(dscores);
        const auto formula = [&](const numbers& scores) {
          double loss = 0;
          for (index_t s = 0; s < segments; ++s) {
            const index_t first = whole ? 0 : p.shape.starts[static_cast<std::size_t>(s)];
            const index_t last = whole ? p.rows : p.shape.starts[static_cast<std::size_t>(s) + 1];
            for (index_t e = 0; e < p.experts; ++e) {
              double chosen = 0, sum = 0, live = 0;
              for (index_t i = first; i < last; ++i) {
                const double alive = p.is_live[static_cast<std::size_t>(i)];
                chosen += alive * p.at(p.mask->initial, i, e);
                sum += alive * p.at(scores, i, e);
                live += alive;
              }
              loss += live == 0 ? 0 : chosen * sum / live;
            }
          }
          const double k = static_cast<double>(p.shape.k);
          return p.count == 0 ? 0
                              : rule.weight * loss *
                                    (normalized ? static_cast<double>(p.experts) / (k * p.count)
                                                : 1 / static_cast<double>(segments));
        };
        expect_near(total.expected.values(), {2 + formula(p.scores.initial)});
        if (p.rows * p.experts > 600) return;
        numbers expected = slopes(p.scores.initial, formula);
        for (std::size_t i = 0; i < expected.size(); ++i) expected[i] += dscores.initial[i];
        expect_near(dscores.expected.values(), expected, 1e-7);
      });
}

TEMPLATE_LIST_TEST_CASE("routing: uniform scores and loads cost the weight of the balance loss",
                        "[device][routing]", support::judged_devices) {
  constexpr index_t rows = 24, experts = 6, k = 2;
  for (const bool whole : {false, true}) {
    support::twin<TestType> t(1);
    auto& starts = t.ids({0, 6, 24});
    auto& scores = t.wide_normal(rows, experts);
    scores.initial.assign(scores.initial.size(), 1.0 / experts);
    auto& mask = t.wide_normal(rows, experts);
    for (index_t i = 0; i < rows; ++i)
      for (index_t e = 0; e < experts; ++e)
        mask.initial[static_cast<std::size_t>(i * experts + e)] =
            e == i % 6 || e == (i + 1) % 6 ? 1 : 0;
    auto& counts = t.wide_output(whole ? 1 : 2, experts);
    auto& total = t.given_vector({0});
    const balance_rule rule{
        .weight = 0.01, .experts_per_token = k, .normalized = true, .whole_batch = whole};
    t.run([&]<class D>(D& d, auto at) {
      balance_loss(d, rule,
                   {.starts = at(starts),
                    .live = const_wide_span<D>(),
                    .mask = at(mask),
                    .scores = at(scores),
                    .counts = at(counts),
                    .total = at.span(total)});
    });
    CHECK(std::abs(total.actual.values()[0] - 0.01) < 1e-8);
  }
}

TEMPLATE_LIST_TEST_CASE("routing: the z-loss and its gradient", "[device][routing]",
                        support::judged_devices) {
  for_problems<TestType>([](auto& p, auto& t) {
    constexpr double weight = 0.2;
    auto& logits = t.wide_normal(p.rows, p.experts, 3);
    auto& total = t.given_vector({1});
    auto& of_all = t.given_vector({0});
    auto& dlogits = t.wide_normal(p.rows, p.experts);
    t.run([&](auto& d, auto at) {
      z_loss(d, at(logits), at.span(*p.live), weight, at.span(total));
      z_loss(d, at(logits), {}, weight, at.span(of_all));
      z_loss_gradient(d, at(logits), at.span(*p.live), weight, at(dlogits));
    });
    t.expect_close(total);
    t.expect_close(of_all);
    t.expect_close(dlogits);
    const auto formula = [&](const numbers& x) {
      double sum = 0;
      for (index_t i = 0; i < p.rows; ++i) {
        double exponentials = 0;
        for (index_t e = 0; e < p.experts; ++e) exponentials += std::exp(p.at(x, i, e));
        sum += p.is_live[static_cast<std::size_t>(i)] * std::pow(std::log(exponentials), 2);
      }
      return p.count == 0 ? 0 : weight * sum / p.count;
    };
    expect_near(total.expected.values(), {1 + formula(logits.initial)});
    if (p.rows * p.experts > 600) return;
    numbers expected = slopes(logits.initial, formula);
    for (std::size_t i = 0; i < expected.size(); ++i) expected[i] += dlogits.initial[i];
    expect_near(dlogits.expected.values(), expected, 1e-6);
  });
}

TEMPLATE_LIST_TEST_CASE("routing: the bias leans towards the mean load", "[device][routing]",
                        support::judged_devices) {
  support::twin<TestType> t(1);
  auto& loads = t.given_vector({4, 0, 7, 4, 5});
  auto& bias = t.given_vector({0, 0.5, 0.25, -1, 0});
  auto& one = t.given_vector({3});
  auto& alone = t.given_vector({0.5});
  auto& many = t.normal_vector(300);
  auto& biases = t.normal_vector(300);
  t.run([&](auto& d, auto at) {
    lean_to_mean(d, at.span(loads), 0.125, at.span(bias));
    lean_to_mean(d, at.span(one), 0.125, at.span(alone));
    lean_to_mean(d, at.span(many), 0.125, at.span(biases));
  });
  CHECK(bias.actual.values() == numbers{0, 0.625, 0.125, -1, -0.125});
  CHECK(alone.actual.values() == numbers{0.5});
  t.expect_close(biases);
}

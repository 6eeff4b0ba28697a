#include "support/catch.hpp"
#include "support/random_numbers.hpp"
#include <zer0/core/sampling.hpp>

#include <limits>
#include <map>
#include <numeric>

using namespace zer0;

namespace {

using probabilities = std::vector<double>;

std::vector<float> random_logits(index_t n, std::uint32_t seed, double size = 2) {
  const auto numbers = support::normal_numbers(n, seed, size);
  return {numbers.begin(), numbers.end()};
}

probabilities of(sampling rules, const std::vector<float>& logits,
                 const std::vector<token_id>& history = {}) {
  sampler s(rules);
  const auto p = s.probabilities(logits, history);
  return {p.begin(), p.end()};
}

/// Everything left as it is.
sampling plain() { return {.temperature = 1, .top_p = 1}; }

std::size_t count_possible(const probabilities& p) {
  return static_cast<std::size_t>(
      std::count_if(p.begin(), p.end(), [](double x) { return x > 0; }));
}
double total(const probabilities& p) { return std::accumulate(p.begin(), p.end(), 0.0); }

/// The rules once more, by sorting everything at each stage.
probabilities naive(const sampling& rules, const std::vector<float>& logits,
                    const std::vector<token_id>& history) {
  std::map<token_id, double> x;
  for (std::size_t i = 0; i < logits.size(); ++i)
    x[static_cast<token_id>(i)] = static_cast<double>(logits[i]);
  for (auto& [token, score] : x) {
    if (std::find(history.begin(), history.end(), token) == history.end()) continue;
    if (score < 0 && rules.rule == repetition_rule::usual)
      score *= rules.repetition_penalty;
    else
      score /= rules.repetition_penalty;
  }
  for (auto& [token, score] : x) score = std::exp(score / rules.temperature);
  std::vector<std::pair<double, token_id>> order;
  for (const auto& [token, weight] : x) order.emplace_back(-weight, token);
  std::sort(order.begin(), order.end());
  if (rules.top_k > 0 && rules.top_k < static_cast<index_t>(order.size()))
    order.resize(static_cast<std::size_t>(rules.top_k));
  double mass = 0;
  for (const auto& [weight, token] : order) mass -= weight;
  double before = 0;
  std::size_t kept = 0;
  while (kept < order.size() && (kept == 0 || rules.top_p >= 1 || before / mass <= rules.top_p))
    before -= order[kept++].first;
  probabilities p(logits.size(), 0.0);
  for (std::size_t i = 0; i < kept; ++i)
    p[static_cast<std::size_t>(order[i].second)] = -order[i].first / before;
  return p;
}

}  // namespace

TEST_CASE("sampler: any combination of rules gives what sorting everything gives",
          "[generate][sampler]") {
  std::uint32_t seed = 0;
  for (const double temperature : {0.3, 1.0, 2.5})
    for (const index_t top_k : {0, 1, 5, 39, 40, 1000})
      for (const double top_p : {0.01, 0.5, 0.9, 1.0})
        for (const double penalty : {1.0, 1.3, 0.8})
          for (const auto rule : {repetition_rule::usual, repetition_rule::reference}) {
            const sampling rules{temperature, top_k, top_p, penalty, rule, 1};
            const auto logits = random_logits(40, ++seed);
            const auto history = support::random_tokens(12, 40, seed);
            const probabilities p = of(rules, logits, history);
            const probabilities expected = naive(rules, logits, history);
            INFO("temperature " << temperature << ", top_k " << top_k << ", top_p " << top_p
                                << ", penalty " << penalty);
            CHECK(support::difference(p, expected) < 1e-12);
            CHECK(count_possible(p) == count_possible(expected));
            CHECK(total(p) == Approx(1).epsilon(1e-12));
          }
}

TEST_CASE("sampler: top-k leaves k tokens, the most likely ones", "[generate][sampler]") {
  const auto logits = random_logits(100, 1);
  for (const index_t k : {1, 2, 50, 99, 100, 101}) {
    sampling rules = plain();
    rules.top_k = k;
    const probabilities p = of(rules, logits);
    CHECK(count_possible(p) == static_cast<std::size_t>(std::min<index_t>(k, 100)));
    double least_kept = 1;
    double most_removed = 0;
    const probabilities all = of(plain(), logits);
    for (std::size_t i = 0; i < p.size(); ++i)
      (p[i] > 0 ? least_kept : most_removed) =
          p[i] > 0 ? std::min(least_kept, all[i]) : std::max(most_removed, all[i]);
    CHECK(least_kept > most_removed);
  }
}

TEST_CASE("sampler: top-p leaves the fewest tokens whose probabilities exceed it",
          "[generate][sampler]") {
  for (std::uint32_t seed = 1; seed <= 50; ++seed) {
    const auto logits = random_logits(64, seed);
    sampling rules = plain();
    rules.top_p = 0.02 * seed - 0.01;
    const probabilities all = of(plain(), logits);
    const probabilities p = of(rules, logits);
    double kept = 0;
    double least = 1;
    for (std::size_t i = 0; i < p.size(); ++i) {
      if (p[i] == 0) continue;
      kept += all[i];
      least = std::min(least, all[i]);
    }
    CHECK(kept > rules.top_p);
    CHECK(kept - least <= rules.top_p);
  }
}

TEST_CASE("sampler: top-p counts what top-k has left", "[generate][sampler]") {
  const std::vector<float> equal(10, 0.0f);
  sampling rules = plain();
  rules.top_k = 4;
  rules.top_p = 0.6;  // of four times a quarter: three; of ten times a tenth it would be seven
  CHECK(count_possible(of(rules, equal)) == 3);
}

TEST_CASE("sampler: the first of equals wins", "[generate][sampler]") {
  const std::vector<float> logits{1, 3, 3, 2, 3};
  CHECK(of({.temperature = 0}, logits) == probabilities{0, 1, 0, 0, 0});
  sampling rules = plain();
  rules.top_k = 2;
  CHECK(of(rules, logits) == probabilities{0, 0.5, 0.5, 0, 0});
  rules.top_k = 0;
  rules.top_p = 0.1;
  CHECK(of(rules, logits) == probabilities{0, 1, 0, 0, 0});
}

TEST_CASE("sampler: temperature 0 is the limit of small temperatures", "[generate][sampler]") {
  const auto logits = random_logits(30, 3);
  const std::vector<token_id> history{0, 5, 9};
  const probabilities greedy =
      of({.temperature = 0, .top_k = 3, .top_p = 0.5, .repetition_penalty = 1.7}, logits, history);
  CHECK(count_possible(greedy) == 1);
  for (const double temperature : {1e-3, 1e-30, 1e-310})
    CHECK(
        support::difference(of({.temperature = temperature, .top_p = 1, .repetition_penalty = 1.7},
                               logits, history),
                            greedy) < 1e-12);
}

TEST_CASE("sampler: a high temperature levels, a low one sharpens", "[generate][sampler]") {
  const auto logits = random_logits(30, 4);
  double before = 1.1;
  for (const double temperature : {0.1, 0.5, 1.0, 3.0, 1e6}) {
    sampling rules = plain();
    rules.temperature = temperature;
    const probabilities p = of(rules, logits);
    const double most = *std::max_element(p.begin(), p.end());
    CHECK(most < before);
    before = most;
  }
  CHECK(before == Approx(1.0 / 30).epsilon(1e-4));
}

TEST_CASE("sampler: the penalty touches each token that occurred once, whatever its sign",
          "[generate][sampler]") {
  const std::vector<float> logits{2, -2, 0, 2, -2};
  const std::vector<token_id> history{0, 1, 1, 2, 0};
  sampling rules = plain();
  rules.repetition_penalty = 2;
  const auto ratio = [&](const std::vector<float>& scores) { return of(plain(), scores); };
  CHECK(support::difference(of(rules, logits, history), ratio({1, -4, 0, 2, -2})) < 1e-14);
  rules.rule = repetition_rule::reference;
  CHECK(support::difference(of(rules, logits, history), ratio({1, -1, 0, 2, -2})) < 1e-14);
  rules.repetition_penalty = 1;
  CHECK(of(rules, logits, history) == of(plain(), logits));
}

TEST_CASE("sampler: tokens of the history outside the vocabulary are no accident",
          "[generate][sampler]") {
  sampling rules = plain();
  rules.repetition_penalty = 2;
  const std::vector<float> logits{1, 2, 3};
  CHECK(of(rules, logits, {no_token, 3, 1000}) == of(plain(), logits));
}

TEST_CASE("sampler: logits that rule a token out, and large ones, are fine; NaN is an error",
          "[generate][sampler]") {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  CHECK(of(plain(), {0, -infinity, 0}) == probabilities{0.5, 0, 0.5});
  CHECK(of(plain(), {1e4f, -1e4f}) == probabilities{1, 0});
  CHECK(of(plain(), {3e38f, 3e38f}) == probabilities{0.5, 0.5});
  const std::vector<float> bad{0, std::numeric_limits<float>::quiet_NaN()};
  CHECK_THROWS_WITH(of(plain(), bad), support::contains("a logit is not a number"));
  CHECK_THROWS_AS(of({.temperature = 0}, bad), error);
}

TEST_CASE("sampler: draws follow the probabilities", "[generate][sampler]") {
  const probabilities p{0.5, 0, 0.3, 0.15, 0.05, 0};
  const sampler s(sampling{.seed = 7});
  const int n = 40000;
  for (const bool over_positions : {true, false}) {
    std::vector<int> counts(p.size(), 0);
    for (int i = 0; i < n; ++i)
      ++counts[static_cast<std::size_t>(over_positions ? s.draw(p, 3, i) : s.draw(p, i, 3))];
    double chi_square = 0;
    for (std::size_t i = 0; i < p.size(); ++i) {
      if (p[i] == 0) {
        CHECK(counts[i] == 0);
        continue;
      }
      const double wrong = counts[i] - n * p[i];
      chi_square += wrong * wrong / (n * p[i]);
    }
    CHECK(chi_square < 16.3);  // three degrees of freedom: one draw in a thousand is above
  }
}

TEST_CASE("sampler: a draw depends on seed, sequence and position, and on nothing else",
          "[generate][sampler]") {
  const probabilities p(1000, 1e-3);
  const sampler a(sampling{.seed = 1});
  const sampler b(sampling{.seed = 1});
  const sampler other(sampling{.seed = 2});
  int by_seed = 0;
  int by_sequence = 0;
  int by_position = 0;
  for (index_t i = 0; i < 200; ++i) {
    CHECK(a.draw(p, 0, i) == b.draw(p, 0, i));
    by_seed += a.draw(p, 0, i) == other.draw(p, 0, i);
    by_sequence += a.draw(p, 0, i) == a.draw(p, 1, i);
    by_position += a.draw(p, 0, i) == a.draw(p, 0, i + 1);
  }
  CHECK(by_seed < 5);
  CHECK(by_sequence < 5);
  CHECK(by_position < 5);
}

TEST_CASE("sampler: probabilities that rounding left short of 1 still give a possible token",
          "[generate][sampler]") {
  const sampler s;
  for (index_t i = 0; i < 100; ++i) CHECK(s.draw(probabilities{0, 1e-9, 0}, 0, i) == 1);
}

TEST_CASE("sampling: values out of range are refused by name", "[generate][sampler]") {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  for (const double t : {-0.1, nan, HUGE_VAL})
    CHECK_THROWS_WITH(sampler({.temperature = t}), support::contains("sampling: temperature"));
  CHECK_THROWS_WITH(sampler({.top_k = -1}), support::contains("sampling: top_k is -1"));
  for (const double p : {0.0, 1.1, nan})
    CHECK_THROWS_WITH(sampler({.top_p = p}), support::contains("sampling: top_p"));
  for (const double r : {0.0, -1.0, nan, HUGE_VAL})
    CHECK_THROWS_WITH(sampler({.repetition_penalty = r}),
                      support::contains("sampling: repetition_penalty"));
}

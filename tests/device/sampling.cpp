// Choosing tokens on every device, against the host's sampler.
#include "support/devices.hpp"
#include "support/twin.hpp"
#include <zer0/core/sampling.hpp>

#include <limits>

using namespace zer0;
using support::placement;

namespace {

/// Rows of logits with a history each, and the tokens that both devices choose.
template <class D>
class choice {
 public:
  support::twin<D> t;
  typename support::twin<D>::matrix& logits;

  choice(std::uint32_t seed, index_t rows, index_t vocab, placement where, double size = 2)
      : t(seed, where), logits(t.normal(rows, vocab, size)) {
    std::vector<std::int32_t> order, from{0};
    for (index_t i = 0; i < rows; ++i) {
      order.push_back(static_cast<std::int32_t>(i));
      from.push_back(static_cast<std::int32_t>(
          5 * i + 3));  // the first has three older tokens, the others five
    }
    sequences_ = &t.ids(order);
    positions_ = &t.random_ids(rows, 1000);
    starts_ = &t.ids(from);
    history_ = &t.random_ids(5 * rows, vocab + 2);  // some outside the vocabulary
    chosen_ = &t.ids(std::vector<std::int32_t>(static_cast<std::size_t>(rows), -7));
  }

  void run(const sampling& rules) {
    t.run([&](auto& d, auto at) {
      choose_tokens(d, rules, at(logits),
                    {at(*sequences_), at(*positions_), at(*starts_), at(*history_)},
                    at.writable(*chosen_));
    });
  }
  std::vector<std::int32_t> expected() const { return on_host(chosen_->expected.span()); }
  std::vector<std::int32_t> actual() {
    std::vector<std::int32_t> out(static_cast<std::size_t>(chosen_->actual.size()));
    t.device().download(out.data(), chosen_->actual.data(), out.size() * sizeof(std::int32_t));
    return out;
  }

 private:
  using list = typename support::twin<D>::id_list;
  static std::vector<std::int32_t> on_host(std::span<std::int32_t> x) {
    return {x.begin(), x.end()};
  }
  list *sequences_, *positions_, *starts_, *history_, *chosen_;
};

const sampling all_rules[] = {
    {.temperature = 0},
    {.temperature = 0, .top_k = 3, .top_p = 0.5, .repetition_penalty = 1.7},
    {.temperature = 1, .top_p = 1},
    {.temperature = 0.7, .top_k = 5, .top_p = 1},
    {.temperature = 1.3, .top_p = 0.9},
    {.temperature = 1, .top_p = 0.01},
    {.temperature = 2, .top_k = 40, .top_p = 0.8, .repetition_penalty = 1.3},
    {.temperature = 1,
     .top_k = 1,
     .top_p = 0.5,
     .repetition_penalty = 0.8,
     .rule = repetition_rule::reference},
    {.temperature = 1,
     .top_k = 100000,
     .top_p = 0.99,
     .repetition_penalty = 1.5,
     .rule = repetition_rule::reference},
    {.temperature = 1e-310, .top_p = 0.9},
};

}  // namespace

TEMPLATE_LIST_TEST_CASE("choose_tokens: every rule chooses the reference's token",
                        "[device][sampling]", support::judged_devices) {
  std::uint32_t seed = 0;
  for (const index_t vocab : {1, 7, 40, 1000, 5003})
    for (sampling rules : all_rules) {
      rules.seed = ++seed;
      INFO("vocabulary " << vocab << ", temperature " << rules.temperature << ", top_k "
                         << rules.top_k << ", top_p " << rules.top_p << ", penalty "
                         << rules.repetition_penalty);
      choice<TestType> c(seed, 3, vocab, seed % 2 ? placement::contiguous : placement::columns);
      c.run(rules);
      CHECK(c.actual() == c.expected());
    }
}

TEMPLATE_LIST_TEST_CASE("choose_tokens: equal logits are taken in their order",
                        "[device][sampling]", support::judged_devices) {
  std::uint32_t seed = 0;
  for (const double top_p : {0.3005, 0.7705, 1.0})  // no limit falls between two tokens
    for (const index_t top_k : {0, 1, 300, 512, 999}) {
      INFO("top_p " << top_p << ", top_k " << top_k);
      choice<TestType> c(++seed, 3, 1000, placement::contiguous);
      for (std::size_t i = 0; i < c.logits.initial.size(); ++i) {
        double& x = c.logits.initial[i];
        x = i < 1000 ? 0.5
                     : std::round(x);  // a row of equals, two of about ten values; -0 among them
      }
      c.run({.temperature = 1, .top_k = top_k, .top_p = top_p, .seed = seed});
      CHECK(c.actual() == c.expected());
    }
}

TEMPLATE_LIST_TEST_CASE("choose_tokens: logits that rule tokens out, and NaN in one row",
                        "[device][sampling]", support::judged_devices) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  for (const sampling& rules : all_rules) {
    choice<TestType> c(5, 3, 64, placement::contiguous);
    for (std::size_t i = 0; i < 64; ++i)
      if (i % 3 != 1) c.logits.initial[i] = -infinity;
    c.logits.initial[64 + 17] = std::numeric_limits<double>::quiet_NaN();
    c.run(rules);
    INFO("temperature " << rules.temperature << ", top_k " << rules.top_k << ", top_p "
                        << rules.top_p);
    CHECK(c.actual() == c.expected());
    CHECK(c.actual()[0] % 3 == 1);
    CHECK(c.actual()[1] == no_token);
  }
}

TEMPLATE_LIST_TEST_CASE("choose_tokens: draws follow the probabilities", "[device][sampling]",
                        support::judged_devices) {
  support::twin<TestType> t(1);
  const int n = 400;
  std::vector<double> row;
  std::vector<std::int32_t> numbers;
  for (int i = 0; i < n; ++i) {
    for (const double p : {0.5, 0.25, 0.125, 0.125}) row.push_back(std::log2(p));
    numbers.push_back(i);
  }
  auto& logits = t.given(n, 4, row);
  auto& sequences = t.ids(numbers);
  auto& positions = t.ids(std::vector<std::int32_t>(n, 3));
  auto& chosen = t.ids(std::vector<std::int32_t>(n, -7));
  const sampling rules{.temperature = 1 / std::log(2.0), .top_p = 1, .seed = 3};
  t.run([&](auto& d, auto at) {
    choose_tokens(d, rules, at(logits), {.sequences = at(sequences), .positions = at(positions)},
                  at.writable(chosen));
  });
  std::vector<std::int32_t> tokens(n);
  t.device().download(tokens.data(), chosen.actual.data(), n * sizeof(std::int32_t));
  double chi_square = 0;
  const double p[] = {0.5, 0.25, 0.125, 0.125};
  for (int v = 0; v < 4; ++v) {
    const double wrong =
        static_cast<double>(std::count(tokens.begin(), tokens.end(), v)) - n * p[v];
    chi_square += wrong * wrong / (n * p[v]);
  }
  CHECK(chi_square < 16.3);  // three degrees of freedom: one in a thousand is above
}

TEMPLATE_LIST_TEST_CASE("choose_tokens: rules out of range are refused; no rows are fine",
                        "[device][sampling]", support::judged_devices) {
  choice<TestType> none(1, 0, 5, placement::contiguous);
  none.run({});
  choice<TestType> c(1, 1, 5, placement::contiguous);
  CHECK_THROWS_WITH(c.run({.temperature = -1}), support::contains("sampling: temperature"));
}

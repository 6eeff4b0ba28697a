// Sums over sequences and pairs of answers against the reference device.
#include "support/devices.hpp"
#include "support/twin.hpp"
#include <zer0/loss/preference.hpp>

#include <cmath>
#include <vector>

using namespace zer0;

namespace {

using kind = any_preference::kind;

/// Sequences of one token, of a few, of many; none is empty.
std::vector<std::int32_t> starts_of(index_t sequences, std::mt19937& random) {
  std::vector<std::int32_t> starts{0};
  std::uniform_int_distribution<int> length(1, 40);
  for (index_t s = 0; s < sequences; ++s)
    starts.push_back(starts.back() + (s == 1 ? 1 : s == 2 ? 700 : length(random)));
  return starts;
}

std::vector<double> uniform(std::size_t n, double low, double high, std::mt19937& random) {
  std::uniform_real_distribution<double> number(low, high);
  std::vector<double> all(n);
  for (double& x : all) x = number(random);
  return all;
}

}  // namespace

TEMPLATE_LIST_TEST_CASE(
    "preference: sums of sequences and products with a factor for each agree with the reference",
    "[device][preference]", support::judged_devices) {
  for (const index_t sequences : {1, 2, 3, 600}) {
    INFO(sequences << " sequences");
    support::twin<TestType> t(static_cast<std::uint32_t>(sequences));
    const auto starts = starts_of(sequences, t.random());
    auto& ids = t.ids(starts);
    auto& x = t.normal_vector(starts.back());
    auto& y = t.output_vector(starts.back());
    auto& sums = t.output_doubles(sequences);
    auto& factors =
        t.given_doubles(uniform(static_cast<std::size_t>(sequences), -1, 1, t.random()));
    t.run([&](auto& d, auto at) {
      sum_sequences(d, at(ids), at.span(x), at.span(sums));
      scale_sequences(
          d, {.starts = at(ids), .factors = at.span(factors), .x = at.span(x), .y = at.span(y)});
      scale_sequences(
          d, {.starts = at(ids), .factors = at.span(factors), .x = at.span(x), .y = at.span(x)});
    });
    t.expect_close(sums, 1, 1);
    t.expect_close(y);
    t.expect_close(x);
  }
}

TEMPLATE_LIST_TEST_CASE(
    "preference: losses of pairs, their slopes and metrics agree with the reference",
    "[device][preference]", support::judged_devices) {
  for (const kind which :
       {kind::sigmoid, kind::reference_mean, kind::ipo, kind::hinge, kind::simpo, kind::orpo})
    for (const index_t pairs : {0, 1, 3, 700}) {
      INFO("loss " << static_cast<int>(which) << " of " << pairs << " pairs");
      const any_preference policy{.which = which, .beta = 0.2, .label_smoothing = 0.1};
      support::twin<TestType> t(static_cast<std::uint32_t>(pairs + 1));
      const auto n = static_cast<std::size_t>(2 * pairs);
      auto& ids = t.ids(starts_of(2 * pairs, t.random()));
      constexpr double factor = 4;
      auto& losses = t.given_doubles(uniform(n, factor * 1, factor * 40, t.random()));
      std::vector<double> counts = uniform(n, 1, 30, t.random());
      for (double& c : counts) c = factor * std::floor(c);
      auto& weights = t.given_doubles(counts);
      auto& references = t.given_doubles(uniform(n, -40, -1, t.random()));
      auto& slopes = t.output_doubles(2 * pairs);
      auto& totals = t.given_doubles(std::vector<double>(preference_totals, 1.5));
      t.run([&](auto& d, auto at) {
        const pair_sums of{
            .starts = at(ids),
            .losses = at.span(losses),
            .weights = at.span(weights),
            .references = policy.needs_reference() ? at.span(references) : std::span<double>(),
            .factor = factor};
        judge_pairs(d, policy, of, at.span(totals).data(), at.span(slopes));
      });
      t.expect_close(slopes, 1, 1e-3);
      t.expect_close(totals, pairs + 1, 10);
      if (pairs > 0) CHECK(totals.actual.values()[5] != 1.5);  // the log-probabilities
    }
}

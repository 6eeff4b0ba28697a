#include "support/devices.hpp"
#include "support/random_numbers.hpp"
#include "support/twin.hpp"
#include <zer0/loss/cross_entropy.hpp>
#include <zer0/model/workspace.hpp>
#include <zer0/testing/gradient_check.hpp>

using namespace zer0;

namespace {

constexpr index_t tokens = 13;
constexpr index_t width = 6;
constexpr index_t vocab = 17;

/// An output head, hidden states of 13 tokens, and what should follow them: weight 0 and no target
/// at two of them.
template <class D>
struct setup {
  using real = typename D::real;
  struct results {
    double loss;
    std::vector<double> dh, dweight;
  };

  D device;
  workspace<D> memory{device};
  buffer<real, D> weight{device, vocab* width}, gradient{device, vocab* width},
      hidden{device, tokens* width};
  buffer<real, D> importance{device, tokens};
  parameter<real> head{.parts = {{"lm_head.weight", vocab}}, .cols = width, .initial = {}};
  std::vector<std::int32_t> targets = support::random_tokens(tokens, vocab, 5);
  std::vector<double> weights{1, 1, 0, 1, 0.5, 1, 1, 2, 1, 1, 1, 0, 1};

  setup() {
    upload(device, std::span<const double>(support::normal_numbers(vocab * width, 1)),
           weight.span());
    upload(device, std::span<const double>(support::normal_numbers(tokens * width, 2)),
           hidden.span());
    head.value = {weight.data(), vocab, width};
    head.grad = {gradient.data(), vocab, width};
    targets[2] = targets[11] = -1;
  }

  [[nodiscard]] device_batch<D> in() const {
    return {.ids = {}, .targets = targets, .weights = importance.span()};
  }
  [[nodiscard]] tensor_view<const real> h() const { return {hidden.data(), tokens, width}; }

  context<D>& start() {
    fill(device, gradient.row(), 0);
    upload(device, std::span<const double>(weights), importance.span());
    return memory.reset();
  }
  double loss(const cross_entropy& ce) {
    context<D>& c = start();
    return total_of(device, [&](double* total) { ce(c, head, h(), in(), total); });
  }
  results all(const cross_entropy& ce) {
    support::guarded_matrix<D> dh(device, tokens, width, support::placement::contiguous);
    dh.set(std::vector<double>(tokens * width, NAN));
    context<D>& c = start();
    const double value =
        total_of(device, [&](double* total) { ce(c, head, h(), in(), total, dh.view()); });
    CHECK(dh.guards_intact());
    return {value, dh.values(), {gradient.span().begin(), gradient.span().end()}};
  }
};

}  // namespace

TEMPLATE_LIST_TEST_CASE("cross_entropy: the value is the weighted sum of -log softmax", "[loss]",
                        support::all_devices) {
  setup<TestType> s;
  double expected = 0;
  for (index_t i = 0; i < tokens; ++i) {
    const auto at = static_cast<std::size_t>(i);
    if (s.weights[at] == 0) continue;
    double exponentials = 0;
    double own = 0;
    for (index_t v = 0; v < vocab; ++v) {
      double logit = 0;
      for (index_t j = 0; j < width; ++j)
        logit += static_cast<double>(s.h()(i, j)) * static_cast<double>(s.head.value(v, j));
      exponentials += std::exp(logit);
      if (v == s.targets[at]) own = std::exp(logit);
    }
    expected += s.weights[at] * -std::log(own / exponentials);
  }
  CHECK(s.loss({}) == Catch::Detail::Approx(expected).epsilon(5e-6));
  CHECK(s.all({}).loss == Catch::Detail::Approx(s.loss({})).epsilon(1e-6));
}

TEMPLATE_LIST_TEST_CASE(
    "cross_entropy: chunks of any number of rows give what all rows at once give", "[loss]",
    support::all_devices) {
  setup<TestType> s;
  const auto whole = s.all({});
  // To the roundings of the head's gradient, which is summed over the chunks; a chunk of few rows
  // may also take another path through the product.
  const double tolerance = sizeof(typename TestType::real) == 4 ? 2e-6 : 1e-13;
  for (index_t rows = 1; rows <= tokens; ++rows) {
    INFO(rows << " rows a chunk");
    const cross_entropy ce{.chunk_bytes = rows * vocab *
                                          static_cast<index_t>(sizeof(typename TestType::real))};
    const auto chunked = s.all(ce);
    CHECK(chunked.loss == Catch::Detail::Approx(whole.loss).epsilon(tolerance));
    CHECK(support::difference(chunked.dh, whole.dh) < tolerance);
    CHECK(support::difference(chunked.dweight, whole.dweight) < tolerance);
    CHECK(s.loss(ce) == Catch::Detail::Approx(whole.loss).epsilon(tolerance));
  }
  CHECK(s.loss({.chunk_bytes = 0}) ==
        Catch::Detail::Approx(whole.loss).epsilon(tolerance));  // one row is the least
}

TEST_CASE("cross_entropy: gradients are those of the value", "[loss]") {
  setup<reference> s;
  const cross_entropy ce{.chunk_bytes = 4 * vocab * 8};
  const auto r = s.all(ce);
  const auto of_hidden = check_gradient(s.device, s.hidden.span(), std::span<const double>(r.dh),
                                        [&] { return s.loss(ce); });
  INFO("hidden: " << of_hidden.text());
  CHECK(of_hidden.worst < 1e-8);
  const auto of_head = check_gradient(s.device, s.weight.span(), std::span<const double>(r.dweight),
                                      [&] { return s.loss(ce); });
  INFO("head: " << of_head.text());
  CHECK(of_head.worst < 1e-8);
}

TEMPLATE_LIST_TEST_CASE(
    "cross_entropy: the head's gradient is added to, the hidden states' written", "[loss]",
    support::all_devices) {
  setup<TestType> s;
  const auto once = s.all({});
  support::guarded_matrix<TestType> dh(s.device, tokens, width, support::placement::contiguous);
  dh.set(std::vector<double>(tokens * width, NAN));
  context<TestType>& c = s.memory.reset();
  (void)total_of(s.device, [&](double* total) {
    cross_entropy{}(c, s.head, s.h(), s.in(), total, dh.view());
  });
  CHECK(support::difference(dh.values(), once.dh) == 0);
  std::vector<double> doubled = once.dweight;
  for (double& g : doubled) g *= 2;
  CHECK(support::difference(std::vector<double>(s.gradient.span().begin(), s.gradient.span().end()),
                            doubled) < 1e-6);
}

TEMPLATE_LIST_TEST_CASE(
    "cross_entropy: a token of weight 0 counts for nothing and its target is not read", "[loss]",
    support::all_devices) {
  setup<TestType> s;
  const auto masked = s.all({});
  s.targets[2] = 3;
  s.targets[11] = 2000000000;  // would be far outside
  const auto other = s.all({});
  CHECK(masked.loss == other.loss);
  CHECK(support::difference(masked.dh, other.dh) == 0);
  CHECK(support::difference(masked.dweight, other.dweight) == 0);
  for (const index_t row : {index_t{2}, index_t{11}})
    for (index_t j = 0; j < width; ++j)
      CHECK(masked.dh[static_cast<std::size_t>(row * width + j)] == 0);
}

TEMPLATE_LIST_TEST_CASE("cross_entropy: nothing to learn from gives 0 and zero gradients, not NaN",
                        "[loss]", support::all_devices) {
  setup<TestType> s;
  s.weights.assign(tokens, 0.0);
  s.targets.assign(tokens, -1);
  const auto r = s.all({});
  CHECK(r.loss == 0);
  for (const double g : r.dh) CHECK(g == 0);
  for (const double g : r.dweight) CHECK(g == 0);
}

TEST_CASE("cross_entropy: cpu gives what reference gives", "[loss]") {
  setup<reference> judge;
  setup<cpu> judged;
  const auto expected = judge.all({});
  const auto actual = judged.all({});
  CHECK(actual.loss == Catch::Detail::Approx(expected.loss).epsilon(5e-6));
  CHECK(support::difference(actual.dh, expected.dh) < 1e-5);
  CHECK(support::difference(actual.dweight, expected.dweight) < 1e-5);
}

TEMPLATE_LIST_TEST_CASE("cross_entropy: logits exist for one chunk at a time", "[loss]",
                        support::all_devices) {
  setup<TestType> s;
  const auto bytes = [&](const cross_entropy& ce) {
    workspace<TestType> memory(s.device);
    (void)total_of(s.device,
                   [&](double* total) { ce(memory.reset(), s.head, s.h(), s.in(), total); });
    return memory.peak_bytes();
  };
  const std::size_t row = vocab * sizeof(typename TestType::real);
  (void)s.loss({});
  CHECK(bytes({.chunk_bytes = static_cast<index_t>(row)}) < 13 * row);
  CHECK(bytes({}) >= 13 * row);
}

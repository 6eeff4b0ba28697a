#include "support/catch.hpp"
#include "support/devices.hpp"
#include "support/small_model.hpp"
#include "support/twin.hpp"
#include <zer0/device/cpu.hpp>
#include <zer0/optim/schedule/warmup_stable_decay.hpp>
#include <zer0/recipe/trainer.hpp>

#include <cmath>
#include <tuple>
#include <vector>

using namespace zer0;
using support::small_dims;
using support::small_model;

namespace {

using numbers = std::vector<double>;
using batches = std::vector<token_batch>;

template <class D, class Normalization = per_target_token>
using trainer_of = trainer<model<decoder<>, D>, cross_entropy, adamw, constant_rate, Normalization>;

template <class D>
constexpr double tolerance = sizeof(typename D::real) == 4 ? 1e-5 : 1e-12;

/// An update is lr g / (|g| + eps) at the first step: with this eps it grows with g, and no sign of
/// a tiny g decides.
constexpr adamw smooth{.eps = 0.1, .weight_decay = 0};

/// Sequences of 5, 1, 6 and 4 tokens; 3, 0, 5 and 4 of them have targets.
token_batch whole() {
  token_batch batch;
  batch.ids = support::random_tokens(16, small_dims.vocab_size, 1);
  batch.targets = support::random_tokens(16, small_dims.vocab_size, 2);
  batch.weights.assign(16, 1.0f);
  batch.starts = {0, 5, 6, 12, 16};
  for (const std::size_t masked : {0u, 4u, 5u, 9u}) {
    batch.weights[masked] = 0;
    batch.targets[masked] = no_token;
  }
  return batch;
}

/// Sequences [first, last) of a batch.
token_batch part(const token_batch& from, std::size_t first, std::size_t last) {
  const auto cut = [&](const auto& v) {
    return std::remove_cvref_t<decltype(v)>(v.begin() + from.starts[first],
                                            v.begin() + from.starts[last]);
  };
  token_batch batch{cut(from.ids), cut(from.targets), cut(from.weights), {}};
  for (std::size_t s = first; s <= last; ++s)
    batch.starts.push_back(from.starts[s] - from.starts[first]);
  return batch;
}

/// The same four sequences in micro-batches with 3, 5 and 4 targets.
batches pieces() { return {part(whole(), 0, 2), part(whole(), 2, 3), part(whole(), 3, 4)}; }

token_batch masked() {
  token_batch batch = whole();
  batch.weights.assign(16, 0.0f);
  batch.targets.assign(16, no_token);
  return batch;
}

dims with_dropout() {
  dims sizes = small_dims;
  sizes.dropout = 0.2;
  return sizes;
}

double norm(const numbers& x) {
  double squares = 0;
  for (const double v : x) squares += v * v;
  return std::sqrt(squares);
}

numbers times(numbers x, double factor) {
  for (double& v : x) v *= factor;
  return x;
}

/// -log softmax(W h)[target], summed over the targets, from the hidden states by the definition.
template <class D>
double loss_by_definition(small_model<decoder<>, D>& m, const token_batch& batch) {
  context<D>& c = m.start(batch);
  const numbers h =
      m.host(tensor_view<const typename D::real>(m.model.forward(c, m.memory.batch().ids)));
  const numbers w = m.host(tensor_view<const typename D::real>(m.model.output().value));
  const auto width = static_cast<std::size_t>(small_dims.dim);
  double total = 0;
  for (std::size_t i = 0; i < batch.ids.size(); ++i) {
    if (batch.weights[i] == 0) continue;
    numbers logits;
    double sum = 0;
    for (std::size_t v = 0; v < static_cast<std::size_t>(small_dims.vocab_size); ++v) {
      double logit = 0;
      for (std::size_t j = 0; j < width; ++j) logit += w[v * width + j] * h[i * width + j];
      logits.push_back(logit);
      sum += std::exp(logit);
    }
    total += std::log(sum) - logits[static_cast<std::size_t>(batch.targets[i])];
  }
  return total;
}

}  // namespace

TEMPLATE_LIST_TEST_CASE(
    "trainer: a step has the gradients of its window alone, and reports their loss, the tokens and "
    "the rate",
    "[recipe][trainer]", support::all_devices) {
  small_model<decoder<>, TestType> m;
  trainer_of<TestType> t(m.model, {}, {}, smooth, {0.125});
  for (index_t step = 1; step <= 3; ++step) {
    const double expected = loss_by_definition(m, whole()) / 12;
    m.zero_gradients();
    m.loss_and_gradients(whole());
    const numbers gradients = m.gradient_values();  // still there when the step begins
    CHECK(t.evaluate(whole()).mean() == Catch::Approx(expected).epsilon(tolerance<TestType>));
    const step_report report = t.step(pieces());
    CHECK(report.loss == Catch::Approx(expected).epsilon(tolerance<TestType>));
    CHECK(support::difference(m.gradient_values(), gradients) < tolerance<TestType>);
    CHECK(report.step == step);
    CHECK(report.tokens == 16);
    CHECK(report.target_tokens == 12);
    CHECK(report.counted == 12);
    CHECK(report.metrics.size() == 0);
    CHECK(report.learning_rate == 0.125);
    CHECK(t.micro_steps() == 3 * step);
  }
}

TEMPLATE_LIST_TEST_CASE(
    "trainer: dealing the targets out to micro-batches of any size changes no step",
    "[recipe][trainer]", support::all_devices) {
  small_model<decoder<>, TestType> one;
  small_model<decoder<>, TestType> several;
  trainer_of<TestType> first(one.model, {}, {}, smooth, {0.1});
  trainer_of<TestType> second(several.model, {}, {}, smooth, {0.1});
  for (int step = 0; step < 3; ++step) {
    const step_report a = first.step(batches{whole()});
    const step_report b = second.step(pieces());
    CHECK(b.loss == Catch::Approx(a.loss).epsilon(tolerance<TestType>));
    CHECK(b.gradient_norm == Catch::Approx(a.gradient_norm).epsilon(tolerance<TestType>));
    CHECK(support::difference(several.gradient_values(), one.gradient_values()) <
          tolerance<TestType>);
    CHECK(support::difference(several.weight_values(), one.weight_values()) < tolerance<TestType>);
  }
}

TEMPLATE_LIST_TEST_CASE("trainer: mean_of_means is the mean of the micro-batches' means",
                        "[recipe][trainer]", support::all_devices) {
  small_model<decoder<>, TestType> m;
  numbers expected(m.weight_values().size(), 0.0);
  double loss = 0;
  batches window = pieces();
  for (const token_batch& batch : window) {
    m.zero_gradients();
    loss += m.loss_and_gradients(batch) / batch.target_tokens() / 4;
    const numbers g = m.gradient_values();
    for (std::size_t i = 0; i < g.size(); ++i) expected[i] += g[i] / batch.target_tokens() / 4;
  }
  window.push_back(masked());  // counts as one of loss 0
  small_model<decoder<>, TestType> judged;
  trainer_of<TestType, mean_of_means> t(judged.model, {.grad_clip = 0}, {}, {}, {0});
  const step_report report = t.step(window);
  CHECK(report.loss == Catch::Approx(loss).epsilon(tolerance<TestType>));
  CHECK(report.gradient_norm == Catch::Approx(norm(expected)).epsilon(tolerance<TestType>));
  CHECK(support::difference(times(judged.gradient_values(), 0.25), expected) < tolerance<TestType>);
  trainer_of<TestType> other(judged.model, {}, {}, {}, {0});
  CHECK(std::abs(other.step(pieces()).loss - loss * 4 / 3) > 1e-3);
}

TEMPLATE_LIST_TEST_CASE(
    "trainer: gradients are clipped to grad_clip by their norm, and not at all for 0",
    "[recipe][trainer]", support::all_devices) {
  for (const double clip : {0.0, 0.01, 1e9}) {
    INFO("grad_clip " << clip);
    small_model<decoder<>, TestType> m;
    const numbers before = m.weight_values();
    trainer_of<TestType> t(m.model, {.grad_clip = clip}, {}, smooth, {0.5});
    const step_report report = t.step(pieces());
    const numbers gradient = times(m.gradient_values(), 1.0 / 12);
    CHECK(report.gradient_norm == Catch::Approx(norm(gradient)).epsilon(tolerance<TestType>));
    REQUIRE(report.gradient_norm > 0.02);
    const double scale = clip == 0.01 ? 0.01 / (norm(gradient) + 1e-6) : 1;
    numbers expected = before;
    for (std::size_t i = 0; i < expected.size(); ++i) {
      const double g = gradient[i] * scale;
      expected[i] -= 0.5 * g / (std::abs(g) + smooth.eps);
    }
    CHECK(support::difference(m.weight_values(), expected) < tolerance<TestType> / 10);
  }
}

TEMPLATE_LIST_TEST_CASE("trainer: a window without targets has loss 0 and only decays the weights",
                        "[recipe][trainer]", support::all_devices) {
  const auto check = [](auto normalization) {
    for (const double decay : {0.0, 0.5}) {
      small_model<decoder<>, TestType> m;
      const numbers before = m.weight_values();
      trainer_of<TestType, decltype(normalization)> t(m.model, {}, {}, {.weight_decay = decay},
                                                      {0.25});
      const step_report report = t.step(batches{masked(), masked()});
      CHECK(report.loss == 0);
      CHECK(report.gradient_norm == 0);
      CHECK(report.target_tokens == 0);
      CHECK(report.tokens == 32);
      CHECK(report.step == 1);
      CHECK(support::difference(m.weight_values(), times(before, 1 - 0.25 * decay)) <
            (decay > 0 ? 1e-7 : 1e-300));
      CHECK(t.evaluate(masked()).mean() == 0);
    }
  };
  check(per_target_token());
  check(mean_of_means());
}

TEMPLATE_LIST_TEST_CASE(
    "trainer: a micro-batch without targets changes nothing in a window of others",
    "[recipe][trainer]", support::all_devices) {
  small_model<decoder<>, TestType> plain;
  small_model<decoder<>, TestType> mixed;
  trainer_of<TestType> first(plain.model, {}, {}, {}, {0.1});
  trainer_of<TestType> second(mixed.model, {}, {}, {}, {0.1});
  const step_report a = first.step(batches{whole()});
  const step_report b = second.step(batches{masked(), whole()});
  CHECK(a.loss == b.loss);
  CHECK(a.gradient_norm == b.gradient_norm);
  CHECK(support::difference(plain.weight_values(), mixed.weight_values()) == 0);
}

TEMPLATE_LIST_TEST_CASE(
    "trainer: dropout is a function of the seed and the number of the micro-batch",
    "[recipe][trainer]", support::all_devices) {
  small_model<decoder<>, TestType> m(with_dropout());
  const auto losses = [&](std::uint64_t seed, std::uint32_t first) {
    trainer_of<TestType> t(m.model, {.seed = seed}, {}, {.weight_decay = 0},
                           {0});  // the weights stay
    t.set_micro_steps(first);
    numbers out;
    for (int i = 0; i < 3; ++i) out.push_back(t.step(batches{whole()}).loss);
    CHECK(t.micro_steps() == first + 3);
    return out;
  };
  const numbers base = losses(7, 0);
  CHECK(support::difference(losses(7, 0), base) == 0);
  CHECK((base[0] != base[1] && base[1] != base[2] && base[0] != base[2]));
  CHECK(losses(8, 0)[0] != base[0]);
  const numbers later = losses(7, 1);
  CHECK(later[0] == base[1]);
  CHECK(later[1] == base[2]);
  // The same micro-batches in one window take their numbers in turn.
  trainer_of<TestType> t(m.model, {.seed = 7}, {}, {.weight_decay = 0}, {0});
  const double mean = t.step(batches{whole(), whole(), whole()}).loss;
  CHECK(mean == Catch::Approx((base[0] + base[1] + base[2]) / 3).epsilon(tolerance<TestType>));
}

TEMPLATE_LIST_TEST_CASE("trainer: evaluate is without dropout and leaves training as it was",
                        "[recipe][trainer]", support::all_devices) {
  small_model<decoder<>, TestType> plain;
  small_model<decoder<>, TestType> looked_at(with_dropout());
  small_model<decoder<>, TestType> left_alone(with_dropout());
  trainer_of<TestType> first(looked_at.model, {}, {}, {}, {0.01});
  trainer_of<TestType> second(left_alone.model, {}, {}, {}, {0.01});
  CHECK(first.evaluate(whole()).mean() ==
        trainer_of<TestType>(plain.model).evaluate(whole()).mean());
  for (int step = 0; step < 3; ++step) {
    const auto a = first.step(pieces());
    const auto b = second.step(pieces());
    CHECK((a.loss == b.loss && a.gradient_norm == b.gradient_norm));
    const numbers gradients = looked_at.gradient_values();
    first.evaluate(whole());
    CHECK(support::difference(looked_at.gradient_values(), gradients) == 0);
    CHECK(first.micro_steps() == second.micro_steps());
    CHECK(first.optimizer().steps == second.optimizer().steps);
    CHECK(support::difference(looked_at.weight_values(), left_alone.weight_values()) == 0);
  }
}

TEMPLATE_LIST_TEST_CASE(
    "trainer: without dropout in its options a model that has some trains as one that has none",
    "[recipe][trainer]", support::all_devices) {
  small_model<decoder<>, TestType> plain;
  small_model<decoder<>, TestType> dropping(with_dropout());
  trainer_of<TestType> first(plain.model, {}, {}, {}, {0.1});
  trainer_of<TestType> second(dropping.model, {.dropout = false}, {}, {}, {0.1});
  trainer_of<TestType> third(dropping.model, {}, {}, {}, {0});
  CHECK(third.step(pieces()).loss != first.evaluate(whole()).mean());
  CHECK(second.step(pieces()).loss == first.step(pieces()).loss);
}

TEST_CASE("trainer: steps on cpu are the same bits with 1, 2 and 3 threads", "[recipe][trainer]") {
  dims sizes = with_dropout();
  sizes.dim = 96;
  sizes.hidden_dim = 200;
  sizes.vocab_size = 600;
  sizes.max_seq_len = 256;
  token_batch batch;
  batch.ids = support::random_tokens(240, 600, 1);
  batch.targets = support::random_tokens(240, 600, 2);
  batch.weights.assign(240, 1.0f);
  batch.starts = {0, 150, 155, 240};
  const auto run = [&](int threads) {
    const support::threads_scope scope(threads);
    small_model<decoder<>, cpu> m(sizes);
    trainer_of<cpu> t(m.model, {}, {}, {}, {0.01});
    numbers out;
    for (int i = 0; i < 3; ++i) {
      const step_report report = t.step(batches{batch, batch});
      out.insert(out.end(), {report.loss, report.gradient_norm});
    }
    const numbers weights = m.weight_values();
    out.insert(out.end(), weights.begin(), weights.end());
    return out;
  };
  const numbers alone = run(1);
  CHECK(support::difference(run(2), alone) == 0);
  CHECK(support::difference(run(3), alone) == 0);
}

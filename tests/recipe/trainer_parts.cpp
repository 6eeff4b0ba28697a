// Types of a user's own in the places of the trainer's parts, and what the trainer does with
// results that are no numbers.
#include "support/catch.hpp"
#include "support/devices.hpp"
#include "support/small_model.hpp"
#include <zer0/optim/schedule/warmup_stable_decay.hpp>
#include <zer0/recipe/trainer.hpp>

#include <array>
#include <cmath>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

using namespace zer0;
using support::small_batch;
using support::small_model;

namespace {

using numbers = std::vector<double>;
using batches = std::vector<token_batch>;

/// sum_i |h_i|^2 over all tokens.
struct squared_hidden {
  template <device D>
  void operator()(context<D>& c, parameter<typename D::real>&, const_view<D> h,
                  const device_batch<D>&, double* totals) const {
    add_squares(c.device, {h.data, static_cast<std::size_t>(h.elements())}, totals);
  }
  template <device D>
  void operator()(context<D>& c, parameter<typename D::real>& output, const_view<D> h,
                  const device_batch<D>& in, double* totals, view<D> dh) const {
    (*this)(c, output, h, in, totals);
    copy(c.device, h, dh);
    scale(c.device, 2, dh);
  }
};

/// Cross-entropy's gradients, and a loss that is no number.
struct broken_loss {
  template <device D>
  void operator()(context<D>& c, parameter<typename D::real>& output, const_view<D> h,
                  const device_batch<D>& in, double* totals, view<D> dh) const {
    cross_entropy()(c, output, h, in, totals, dh);
    const double no_number = std::numeric_limits<double>::quiet_NaN();
    c.device.upload(totals, &no_number, sizeof no_number);
  }
};

/// Cross-entropy that also measures the loss once more, and the squares of the hidden states.
struct measuring {
  static constexpr std::array metrics{"twice", "squares"};

  template <device D>
  void operator()(context<D>& c, parameter<typename D::real>& output, const_view<D> h,
                  const device_batch<D>& in, double* totals) const {
    cross_entropy()(c, output, h, in, totals);
    measure(c, output, h, in, totals);
  }
  template <device D>
  void operator()(context<D>& c, parameter<typename D::real>& output, const_view<D> h,
                  const device_batch<D>& in, double* totals, view<D> dh) const {
    cross_entropy()(c, output, h, in, totals, dh);
    measure(c, output, h, in, totals);
  }

 private:
  template <device D>
  static void measure(context<D>& c, parameter<typename D::real>& output, const_view<D> h,
                      const device_batch<D>& in, double* totals) {
    cross_entropy()(c, output, h, in, totals + 1);
    squared_hidden()(c, output, h, in, totals + 2);
  }
};

/// Gradient descent, which writes down what it is called with.
struct descent {
  struct call {
    double learning_rate, factor;
  };
  std::vector<call>* calls;

  template <device D>
  struct state {
    template <class Model>
    explicit state(Model&) {}

    template <class Model>
    void update(const descent& rule, Model& m, double learning_rate, double factor) {
      ++steps;
      rule.calls->push_back({learning_rate, factor});
      using real = typename D::real;
      std::vector<real> w(m.weights().size()), g(w.size());
      download(m.device(), std::span<const real>(m.weights()), w.data());
      download(m.device(), std::span<const real>(m.gradients()), g.data());
      for (std::size_t i = 0; i < w.size(); ++i)
        w[i] -= static_cast<real>(learning_rate * factor * static_cast<double>(g[i]));
      m.device().upload(m.weights().data(), w.data(), w.size() * sizeof(real));
    }

    index_t steps = 0;
  };
};

/// Writes down its arguments.
struct noted_schedule {
  std::vector<std::pair<index_t, index_t>>* calls;
  double operator()(index_t step, index_t total) const {
    calls->emplace_back(step, total);
    return 0.01 / static_cast<double>(step + 1);
  }
};

/// The sum over the targets of each micro-batch, halved, and of the window, tripled.
struct own_normalization {
  [[nodiscard]] double count(const token_batch& batch) const { return batch.target_tokens(); }
  [[nodiscard]] double micro_factor(const token_batch&) const { return 0.5; }
  [[nodiscard]] double window_factor(index_t, double) const { return 3; }
};

template <class M>
double squares_of_hidden(M& m, const token_batch& batch) {
  auto& c = m.start(batch);
  double total = 0;
  for (const double h :
       m.host(tensor_view<const typename M::real>(m.model.forward(c, m.memory.batch().ids))))
    total += h * h;
  return total;
}

}  // namespace

TEMPLATE_LIST_TEST_CASE("trainer_parts: a loss, an optimizer and a schedule of one's own train",
                        "[recipe][trainer_parts]", support::all_devices) {
  using model_type = model<decoder<>, TestType>;
  small_model<decoder<>, TestType> m;
  std::vector<descent::call> updates;
  std::vector<std::pair<index_t, index_t>> rates;
  trainer<model_type, squared_hidden, descent, noted_schedule> t(
      m.model, {.total_steps = 4, .grad_clip = 0.75}, {}, {&updates}, {&rates});
  const double eps = sizeof(typename TestType::real) == 4 ? 1e-5 : 1e-12;
  double last = HUGE_VAL;
  for (index_t step = 0; step < 4; ++step) {
    const numbers before = m.weight_values();
    const double expected =
        (squares_of_hidden(m, small_batch(1)) + squares_of_hidden(m, small_batch(2))) / 18;
    const step_report report = t.step(batches{small_batch(1), small_batch(2)});
    CHECK(report.loss == Catch::Approx(expected).epsilon(eps));
    CHECK(report.loss < last);
    last = report.loss;
    CHECK(report.step == step + 1);
    CHECK(report.learning_rate == 0.01 / static_cast<double>(step + 1));
    REQUIRE(updates.size() == static_cast<std::size_t>(step + 1));
    const descent::call& update = updates.back();
    CHECK(update.learning_rate == report.learning_rate);
    CHECK(update.factor == 1.0 / 18 * std::min(1.0, 0.75 / (report.gradient_norm + 1e-6)));
    const numbers gradients = m.gradient_values();
    numbers after = before;
    for (std::size_t i = 0; i < after.size(); ++i)
      after[i] -= report.learning_rate * update.factor * gradients[i];
    CHECK(support::difference(m.weight_values(), after) < 1e-6);
  }
  CHECK(rates == std::vector<std::pair<index_t, index_t>>{{0, 4}, {1, 4}, {2, 4}, {3, 4}});
  CHECK(t.evaluate(small_batch(3)).loss_sum ==
        Catch::Approx(squares_of_hidden(m, small_batch(3))).epsilon(eps));
}

TEMPLATE_LIST_TEST_CASE("trainer_parts: what a loss measures is reported as the loss is",
                        "[recipe][trainer_parts]", support::all_devices) {
  const double eps = sizeof(typename TestType::real) == 4 ? 1e-5 : 1e-12;
  small_model<decoder<>, TestType> m;
  trainer<model<decoder<>, TestType>, measuring> t(m.model);
  const double squares =
      squares_of_hidden(m, small_batch(1)) + squares_of_hidden(m, small_batch(2));
  evaluation total = t.evaluate(small_batch(1));
  total.add(t.evaluate(small_batch(2)));
  for (const metric_list& metrics :
       {total.metrics(), t.step(batches{small_batch(1), small_batch(2)}).metrics}) {
    REQUIRE(metrics.size() == 2);
    CHECK(metrics[0].name == "twice");
    CHECK(metrics[0].value == Catch::Approx(total.mean()).epsilon(eps));
    CHECK(metrics.at("squares") == Catch::Approx(squares / 18).epsilon(eps));
    CHECK_THROWS_WITH(metrics.at("other"), support::contains("none called \"other\""));
  }
}

TEMPLATE_LIST_TEST_CASE("trainer_parts: a mean over pairs counts two sequences as one",
                        "[recipe][trainer_parts]", support::all_devices) {
  const double eps = sizeof(typename TestType::real) == 4 ? 1e-5 : 1e-12;
  small_model<decoder<>, TestType> m;
  trainer<model<decoder<>, TestType>, cross_entropy, adamw, cosine, per_pair> t(m.model);
  token_batch pairs = small_batch(1);
  pairs.starts = {0, 5, 6, 8, 12};
  const double loss = m.loss(pairs);
  CHECK(t.evaluate(pairs).mean() == Catch::Approx(loss / 2).epsilon(eps));
  const step_report report = t.step(batches{pairs, pairs, pairs});
  CHECK(report.loss == Catch::Approx(loss / 2).epsilon(eps));
  CHECK(report.counted == 6);
}

TEMPLATE_LIST_TEST_CASE(
    "trainer_parts: a normalization of one's own scales each micro-batch and the window",
    "[recipe][trainer_parts]", support::all_devices) {
  small_model<decoder<>, TestType> m;
  const double sum = m.loss(small_batch(1)) + m.loss(small_batch(2));
  trainer<model<decoder<>, TestType>, cross_entropy, adamw, constant_rate, own_normalization> t(
      m.model);
  CHECK(t.step(batches{small_batch(1), small_batch(2)}).loss ==
        Catch::Approx(1.5 * sum).epsilon(1e-5));
}

TEMPLATE_LIST_TEST_CASE("trainer_parts: a lambda is a schedule", "[recipe][trainer_parts]",
                        support::all_devices) {
  small_model<decoder<>, TestType> m;
  const auto schedule = [](index_t step, index_t total) {
    return static_cast<double>(10 * total + step);
  };
  trainer<model<decoder<>, TestType>, cross_entropy, adamw, decltype(schedule)> t(
      m.model, {.total_steps = 5}, {}, {}, schedule);
  CHECK(t.step(batches{small_batch()}).learning_rate == 50);
  CHECK(t.step(batches{small_batch()}).learning_rate == 51);
}

TEMPLATE_LIST_TEST_CASE(
    "trainer_parts: a gradient that is no number is refused, and training can go on as if it had "
    "not been",
    "[recipe][trainer_parts]", support::all_devices) {
  small_model<decoder<>, TestType> plain;
  small_model<decoder<>, TestType> disturbed;
  trainer<model<decoder<>, TestType>> first(plain.model);
  trainer<model<decoder<>, TestType>> second(disturbed.model);
  token_batch bad = small_batch();
  for (int step = 1; step <= 3; ++step) {
    bad.weights[0] = step == 2 ? std::numeric_limits<float>::quiet_NaN()
                               : std::numeric_limits<float>::infinity();
    const numbers before = disturbed.weight_values();
    CHECK_THROWS_WITH(second.step(batches{small_batch(), bad}),
                      support::contains("training diverged") &&
                          support::contains("at step " + std::to_string(step)) &&
                          support::contains("lower the learning rate"));
    CHECK(support::difference(disturbed.weight_values(), before) == 0);
    CHECK(second.optimizer().steps == step - 1);
    first.step(batches{small_batch()});
    CHECK(second.step(batches{small_batch()}).step == step);
    CHECK(support::difference(disturbed.weight_values(), plain.weight_values()) == 0);
  }
}

TEMPLATE_LIST_TEST_CASE(
    "trainer_parts: a weight that is no number is refused, and stays with its optimizer as it was",
    "[recipe][trainer_parts]", support::all_devices) {
  using real = typename TestType::real;
  for (const real bad :
       {std::numeric_limits<real>::quiet_NaN(), std::numeric_limits<real>::infinity()}) {
    INFO("a weight of " << bad);
    small_model<decoder<>, TestType> m;
    trainer<model<decoder<>, TestType>> t(m.model);
    t.step(batches{small_batch()});
    const auto bits = [&] {  // NaN is not equal to itself
      std::vector<std::span<const real>> parts{m.model.weights()};
      for (const auto& b : t.optimizer().buffers()) parts.emplace_back(b.values);
      std::string all;
      for (const auto& part : parts) {
        std::vector<real> values(part.size());
        download(m.model.device(), part, values.data());
        all.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(real));
      }
      return all;
    };
    const std::span<real> last =
        m.model.weights().last(1);  // of the final norm: every logit is no number
    m.model.device().upload(last.data(), &bad, sizeof bad);
    const std::string before = bits();
    CHECK_THROWS_WITH(t.step(batches{small_batch()}),
                      support::contains("training diverged") && support::contains("at step 2"));
    const bool same = bits() == before;
    CHECK(same);
    CHECK(t.optimizer().steps == 1);
  }
}

TEMPLATE_LIST_TEST_CASE(
    "trainer_parts: a loss that is no number changes no weight, whatever the gradients",
    "[recipe][trainer_parts]", support::all_devices) {
  small_model<decoder<>, TestType> m;
  trainer<model<decoder<>, TestType>, broken_loss> t(m.model);
  const numbers before = m.weight_values();
  CHECK_THROWS_WITH(t.step(batches{small_batch()}),
                    support::contains("training diverged: loss nan"));
  CHECK(support::difference(m.weight_values(), before) == 0);
  CHECK(t.optimizer().steps == 0);
}

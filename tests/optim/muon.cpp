#include "support/allocation_counter.hpp"
#include "support/bare_model.hpp"
#include "support/catch.hpp"
#include "support/devices.hpp"
#include "support/golden_file.hpp"
#include "support/shared_models.hpp"
#include "support/temp_dir.hpp"
#include "support/toy_data.hpp"
#include <zer0/checkpoint/checkpoint.hpp>
#include <zer0/moe/moe.hpp>
#include <zer0/optim/muon.hpp>
#include <zer0/optim/schedule/warmup_stable_decay.hpp>
#include <zer0/recipe/trainer.hpp>

#include <cmath>
#include <span>
#include <string>
#include <vector>

using namespace zer0;
using support::bare_model;
using support::parameter_shape;

namespace {

using numbers = std::vector<double>;
using enum parameter_kind;

/// Fused projections, tall and wide matrices, a row, a column; among them what is no matrix.
const std::vector<parameter_shape> mixed{
    {{9}, 4, table},   {{6, 3, 3}, 10, matrix}, {{1}, 10, vector},
    {{12}, 5, matrix}, {{7}, 7, matrix},        {{1}, 9, matrix},
    {{11}, 1, matrix}, {{5}, 1, vector},        {{20, 20}, 3, matrix}};

/// The part of all matrices, or of all others, of numbers that lie in the order of the parameters.
numbers only(const std::vector<parameter_shape>& shapes, bool matrices, const numbers& all) {
  numbers out;
  std::size_t at = 0;
  for (const parameter_shape& s : shapes) {
    const std::size_t end = at + static_cast<std::size_t>(s.elements());
    for (; at < end; ++at)
      if ((s.kind == matrix) == matrices) out.push_back(all[at]);
  }
  return out;
}

struct dense {
  std::size_t rows, cols;
  numbers values;

  [[nodiscard]] double at(std::size_t i, std::size_t j) const { return values[i * cols + j]; }
};

/// X (a I + b X^T X + c (X^T X)^2): the same polynomial from the right, so that a tall matrix takes
/// the smaller products and a wide one the larger, the other way round than in muon.hpp.
dense iteration(const dense& x) {
  dense gram{x.cols, x.cols, numbers(x.cols * x.cols)};
  for (std::size_t i = 0; i < x.cols; ++i)
    for (std::size_t j = 0; j < x.cols; ++j)
      for (std::size_t k = 0; k < x.rows; ++k)
        gram.values[i * x.cols + j] += x.at(k, i) * x.at(k, j);
  dense polynomial = gram;
  for (std::size_t i = 0; i < x.cols; ++i)
    for (std::size_t j = 0; j < x.cols; ++j) {
      double square = 0;
      for (std::size_t k = 0; k < x.cols; ++k) square += gram.at(i, k) * gram.at(k, j);
      polynomial.values[i * x.cols + j] =
          (i == j ? 3.4445 : 0) - 4.7750 * gram.at(i, j) + 2.0315 * square;
    }
  dense out{x.rows, x.cols, numbers(x.values.size())};
  for (std::size_t i = 0; i < x.rows; ++i)
    for (std::size_t j = 0; j < x.cols; ++j)
      for (std::size_t k = 0; k < x.cols; ++k)
        out.values[i * x.cols + j] += x.at(i, k) * polynomial.at(k, j);
  return out;
}

dense orthogonal(dense x) {
  double squares = 0;
  for (const double v : x.values) squares += v * v;
  for (double& v : x.values) v /= std::max(std::sqrt(squares), 1e-7);
  for (int i = 0; i < 5; ++i) x = iteration(x);
  return x;
}

/// Weights of the matrices alone, one after the other; the momentum as a sum over all gradients so
/// far, m_t = (1-b) sum_i b^(t-i) g_i, which no implementation computes.
struct expected_matrices {
  std::vector<parameter_shape> shapes;
  numbers weights;
  std::vector<numbers> gradients = {};

  [[nodiscard]] numbers momentum(const muon& rule) const {
    numbers out(weights.size());
    for (std::size_t k = 0; k < gradients.size(); ++k)
      for (std::size_t i = 0; i < out.size(); ++i)
        out[i] += (1 - rule.momentum) *
                  std::pow(rule.momentum, static_cast<double>(gradients.size() - 1 - k)) *
                  gradients[k][i];
    return out;
  }

  void step(const muon& rule, double learning_rate, const numbers& gradient) {
    gradients.push_back(gradient);
    numbers u = momentum(rule);
    if (rule.nesterov)
      for (std::size_t i = 0; i < u.size(); ++i)
        u[i] = (1 - rule.momentum) * gradient[i] + rule.momentum * u[i];
    std::size_t at = 0;
    for (const parameter_shape& s : shapes) {
      if (s.kind != matrix) continue;
      for (const index_t part : s.rows) {
        const auto rows = static_cast<std::size_t>(part), cols = static_cast<std::size_t>(s.cols);
        const auto first = u.begin() + static_cast<std::ptrdiff_t>(at);
        const dense x =
            orthogonal({rows, cols, {first, first + static_cast<std::ptrdiff_t>(rows * cols)}});
        const auto r = static_cast<double>(rows), c = static_cast<double>(cols);
        const double size = rule.scaling == muon_scaling::original
                                ? std::sqrt(std::max(1.0, r / c))
                                : 0.2 * std::sqrt(std::max(r, c));
        for (const double v : x.values) {
          weights[at] -= learning_rate * (size * v + rule.weight_decay * weights[at]);
          ++at;
        }
      }
    }
  }
};

/// Newton-Schulz enlarges what rounding does to the smallest singular values by up to 3.4445^5.
template <class D>
constexpr double tolerance = sizeof(typename D::real) == 8 ? 1e-11 : 1e-5;

/// Five updates with learning rates and gradient factors that change.
template <class D>
void expect_formula(const muon& rule, const std::vector<parameter_shape>& shapes) {
  bare_model<D> m(shapes);
  typename muon::state<D> state(m);
  expected_matrices expected{shapes, only(shapes, true, m.weight_values())};
  for (std::uint32_t k = 0; k < 5; ++k) {
    numbers gradient = support::normal_numbers(m.parameters().elements(), 20 + k, 0.1);
    m.set_gradients(gradient);
    const double learning_rate = 0.1 / (k + 1);
    const double factor = k == 0 ? 1 : 0.3 * k;
    state.update(rule, m, learning_rate, factor);
    for (double& g : gradient) g *= factor;
    expected.step(rule, learning_rate, only(shapes, true, gradient));
    INFO("step " << k + 1);
    CHECK(state.steps == k + 1);
    CHECK(support::difference(only(shapes, true, m.weight_values()), expected.weights) <
          tolerance<D>);
    CHECK(support::difference(m.host(state.buffers().front().values), expected.momentum(rule)) <
          tolerance<D>);
  }
}

template <class D>
using moe_model = model<decoder<moe<>>, D>;
const dims moe_sizes{.dim = 8,
                     .n_layers = 2,
                     .n_heads = 2,
                     .vocab_size = 30,
                     .max_seq_len = 8,
                     .hidden_dim = 16,
                     .dropout = 0.1,
                     .experts = {.n_routed = 3}};

template <class Model>
using muon_trainer = trainer<Model, cross_entropy, muon, warmup_stable_decay>;

constexpr index_t total_steps = support::emulated ? 4 : 10;

template <class Model>
muon_trainer<Model> trainer_of(Model& m) {
  return muon_trainer<Model>(m, {.total_steps = total_steps, .loss_scale = {.initial = 0x1p8}}, {},
                             {.weight_decay = 0.05}, {.learning_rate = 0.02, .warmup = 2});
}

/// Steps `first` to `end`; their losses.
template <class Model>
numbers train_on(muon_trainer<Model>& t, index_t first, index_t end) {
  support::toy_data data(total_steps);
  data.seek(0, first);
  numbers losses;
  for (token_batch batch; first < end && data.next(batch); ++first)
    losses.push_back(t.step(std::span(&batch, 1)).loss);
  return losses;
}

template <class Model>
auto weights_of(Model& m) {
  std::vector<typename Model::real> out(m.weights().size());
  download(m.device(), std::span<const typename Model::real>(m.weights()), out.data());
  std::vector<double> values;
  for (const auto w : out) values.push_back(static_cast<double>(w));
  return values;
}

}  // namespace

TEMPLATE_LIST_TEST_CASE(
    "muon: weights and momentum of matrices are those of the formula, each part of a parameter by "
    "itself",
    "[optim][muon]", support::all_devices) {
  expect_formula<TestType>({}, mixed);
  expect_formula<TestType>({.nesterov = false, .scaling = muon_scaling::original}, mixed);
  if (support::emulated) return;
  expect_formula<TestType>({.nesterov = false}, mixed);
  expect_formula<TestType>({.scaling = muon_scaling::original}, mixed);
  expect_formula<TestType>({.momentum = 0.5, .weight_decay = 0.7}, mixed);
  expect_formula<TestType>({.momentum = 0, .nesterov = false, .weight_decay = 0}, mixed);
}

TEMPLATE_LIST_TEST_CASE("muon: large matrices too", "[optim][muon]", support::all_devices) {
  expect_formula<TestType>({}, {{{33, 65}, 40, matrix}, {{30}, 70, matrix}});
}

TEMPLATE_LIST_TEST_CASE("muon: three steps end where torch.optim.Muon ends", "[optim][muon]",
                        support::all_devices) {
  support::golden::file golden(ZER0_SOURCE_DIR "/tests/data/muon/torch.safetensors");
  const std::vector<std::pair<std::string, muon>> cases{
      {"match_adamw", {.scaling = muon_scaling::match_adamw}},
      {"original", {.scaling = muon_scaling::original}},
      {"without_nesterov", {.nesterov = false, .scaling = muon_scaling::original}}};
  for (auto [name, rule] : cases) {
    rule.momentum = 0.9;
    rule.weight_decay = 0.3;
    bare_model<TestType> m({{{6, 3, 3}, 10, matrix},
                            {{12}, 5, matrix},
                            {{7}, 7, matrix},
                            {{1}, 9, matrix},
                            {{40}, 3, matrix}});
    m.set_weights(golden.values("weights"));
    typename muon::state<TestType> state(m);
    for (int k = 0; k < 3; ++k) {
      m.set_gradients(golden.values("gradient." + std::to_string(k)));
      state.update(rule, m, 0.02, 1);
    }
    INFO(name);
    CHECK(support::difference(m.weight_values(), golden.values("after." + name)) <
          tolerance<TestType>);
  }
}

TEMPLATE_LIST_TEST_CASE("muon: tables and vectors get the bits that AdamW gives them",
                        "[optim][muon]", support::all_devices) {
  const muon rule{.others = {.beta1 = 0.8, .weight_decay = 0.4, .decay = decay_rule::matrices},
                  .others_rate = 0.25};
  bare_model<TestType> mine(mixed), theirs(mixed);
  typename muon::state<TestType> state(mine);
  typename adamw::state<TestType> adamw_state(theirs);
  for (std::uint32_t k = 0; k < 3; ++k) {
    const numbers gradient = support::normal_numbers(mine.parameters().elements(), k);
    mine.set_gradients(gradient);
    theirs.set_gradients(gradient);
    state.update(rule, mine, 0.04, 0.5);
    adamw_state.update(rule.others, theirs, 0.01, 0.5);
  }
  const auto others = [](const numbers& all) { return only(mixed, false, all); };
  CHECK(others(mine.weight_values()) == others(theirs.weight_values()));
  const auto buffers = state.buffers();
  REQUIRE(buffers.size() == 3);
  for (const std::size_t i : {0u, 1u}) {
    CHECK(buffers[i + 1].name == adamw_state.buffers()[i].name);
    CHECK(mine.host(buffers[i + 1].values) == others(theirs.host(adamw_state.buffers()[i].values)));
  }
}

TEMPLATE_LIST_TEST_CASE("muon: nothing to learn leaves weights that only decay", "[optim][muon]",
                        support::all_devices) {
  bare_model<TestType> m(mixed);
  typename muon::state<TestType> state(m);
  const numbers before = m.weight_values();
  for (int i = 0; i < 3; ++i)
    state.update({.weight_decay = 0.5, .others = {.weight_decay = 0.5}}, m, 0.25, 1);
  numbers expected = before;
  for (double& w : expected) w *= 0.875 * 0.875 * 0.875;
  CHECK(support::difference(m.weight_values(), expected) < 3e-7);
}

TEMPLATE_LIST_TEST_CASE("muon: a matrix keeps one number a weight, all others two", "[optim][muon]",
                        support::all_devices) {
  const auto sizes_of = [](const auto& state) {
    std::vector<std::pair<std::string, std::size_t>> sizes;
    for (const auto& b : state.buffers()) sizes.emplace_back(b.name, b.values.size());
    return sizes;
  };
  using list = std::vector<std::pair<std::string, std::size_t>>;
  using variant = decoder<gqa<no_position>, moe<>, learned_positions, untied_head>;
  model<variant, TestType> m(moe_sizes);
  const std::size_t tables = (30 + 30 + 8) * 8;  // embedding, lm_head, positions
  const std::size_t norms = 5 * 8;               // the rest is matrices, gates of routers too
  CHECK((sizes_of(typename muon::state<TestType>(m)) ==
         list{{"momentum_buffer", m.weights().size() - tables - norms},
              {"exp_avg", tables + norms},
              {"exp_avg_sq", tables + norms}}));
  bare_model<TestType> matrices({{{3}, 4, matrix}});
  CHECK((sizes_of(typename muon::state<TestType>(matrices)) == list{{"momentum_buffer", 12}}));
  bare_model<TestType> none({{{3}, 4, table}});
  typename muon::state<TestType> state(none);
  CHECK((sizes_of(state) == list{{"exp_avg", 12}, {"exp_avg_sq", 12}}));
  state.update({}, none, 0.1, 1);
}

TEST_CASE("muon: it waits for the device once a step", "[optim][muon]") {
  struct counting : reference {
    int downloads = 0;
    void download(void* to, const void* from, std::size_t bytes) {
      ++downloads;
      reference::download(to, from, bytes);
    }
  };
  bare_model<counting> m(mixed);
  muon::state<counting> state(m);
  const int before = m.device().downloads;
  state.update({}, m, 0.1, 1);
  CHECK(m.device().downloads == before + 1);
}

#if !defined(ZER0_CUDA_ON_CPU)
TEST_CASE("muon: a step on cpu allocates nothing", "[optim][muon]") {
  if (!support::counts_allocations) {
    WARN("skipped: the heap belongs to a sanitizer");
    return;
  }
  bare_model<cpu> m({{{80, 40}, 100, matrix}, {{90}, 100, table}, {{300}, 100, matrix}});
  muon::state<cpu> state(m);
  // A thread takes its own scratch when it first gets a piece of work: so five in a row of fifty.
  int in_a_row = 0;
  for (int i = 0; i < 50 && in_a_row < 5; ++i) {
    const std::size_t before = support::allocations();
    state.update({}, m, 0.1, 1);
    in_a_row = support::allocations() == before ? in_a_row + 1 : 0;
  }
  CHECK(in_a_row == 5);
}
#endif

TEMPLATE_LIST_TEST_CASE(
    "muon: a trainer learns with it, and goes on from a checkpoint in the same bits",
    "[optim][muon]", support::judged_devices) {
  using model_type = moe_model<TestType>;
  model_type whole(moe_sizes), begun(moe_sizes), resumed(moe_sizes);
  whole.initialize(1);
  begun.initialize(1);
  resumed.initialize(2);
  auto t = trainer_of(whole);
  const numbers losses = train_on(t, 0, total_steps);
  CHECK(losses.back() < losses.front() - (support::emulated ? 0.02 : 0.3));

  const support::temp_dir dir;
  auto first = trainer_of(begun);
  constexpr index_t middle = total_steps / 2;
  (void)train_on(first, 0, middle);
  save_checkpoint(first, {.step = middle, .micro_steps = first.micro_steps()}, dir / "c");
  auto second = trainer_of(resumed);
  (void)load_checkpoint(second, dir / "c");
  const numbers rest = train_on(second, middle, total_steps);
  CHECK(rest == numbers(losses.begin() + middle, losses.end()));
  CHECK(weights_of(resumed) == weights_of(whole));
}

TEMPLATE_LIST_TEST_CASE("muon: the checkpoint of another optimizer is refused by name",
                        "[optim][muon]", support::all_devices) {
  const support::temp_dir dir;
  moe_model<TestType> m(moe_sizes);
  m.initialize(1);
  trainer by_adamw(m);
  save_checkpoint(by_adamw, {}, dir / "c");
  auto by_muon = trainer_of(m);
  CHECK_THROWS_WITH(load_checkpoint(by_muon, dir / "c"), support::contains("momentum_buffer"));
}

TEMPLATE_LIST_TEST_CASE(
    "muon: weights of 16 bits follow exact ones, which steps below their precision move",
    "[optim][muon]", support::judged_devices) {
  using real = typename TestType::real;
  if constexpr (!std::same_as<real, wide<real>>) {
    bare_model<TestType> m(mixed);
    typename muon::state<TestType> state(m);
    const numbers before = m.weight_values();
    m.set_gradients(support::normal_numbers(m.parameters().elements(), 3));
    REQUIRE(state.buffers().back().name == "master");
    expected_matrices expected{mixed, only(mixed, true, before)};
    const muon rule{.weight_decay = 0};
    const double rate = 1e-5;  // 20 such steps do not add up to half a digit of a weight of 1
    for (int i = 0; i < 20; ++i) {
      state.update(rule, m, rate, 1);
      expected.step(rule, rate, only(mixed, true, m.host(m.gradients())));
    }
    const numbers exact = m.host(state.buffers().back().values);
    numbers change = only(mixed, true, exact), wanted = expected.weights;
    for (std::size_t i = 0; i < change.size(); ++i) {
      change[i] -= only(mixed, true, before)[i];
      wanted[i] -= only(mixed, true, before)[i];
    }
    CHECK(support::difference(change, wanted) < 0.1);
    bare_model<TestType> rounded(mixed);
    rounded.set_weights(exact);
    CHECK(m.weight_values() == rounded.weight_values());
  }
}

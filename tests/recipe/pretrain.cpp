#include "data/byte_tokenizer.hpp"
#include "support/catch.hpp"
#include "support/shared_models.hpp"
#include "support/temp_dir.hpp"
#include "support/toy_data.hpp"
#include <zer0/data/batches.hpp>
#include <zer0/device/cpu.hpp>
#include <zer0/model/model.hpp>
#include <zer0/recipe/pretrain.hpp>

#include <cmath>
#include <fstream>
#include <limits>
#include <string>
#include <vector>

using namespace zer0;
using support::toy_data;

namespace {

using model_type = model<decoder<>, cpu>;
using numbers = std::vector<float>;

constexpr dims toy_dims{.dim = 8,
                        .n_layers = 1,
                        .n_heads = 2,
                        .vocab_size = 30,
                        .max_seq_len = 8,
                        .hidden_dim = 16,
                        .dropout = 0.1};

numbers weights_of(model_type& m) { return {m.weights().begin(), m.weights().end()}; }

numbers trained_by(const pretrain& recipe) {
  model_type m(toy_dims);
  m.initialize(3);
  toy_data data(5);
  recipe(m, data);
  return weights_of(m);
}

std::string refusal(const pretrain& recipe, index_t batches = 5) {
  model_type m(toy_dims);
  m.initialize(3);
  const numbers before = weights_of(m);
  toy_data data(batches);
  try {
    recipe(m, data);
  } catch (const error& e) {
    const bool untouched = weights_of(m) == before;
    CHECK(untouched);
    return e.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("pretrain: a small model learns a small file of text", "[recipe][pretrain]") {
  const support::temp_dir dir;
  std::ofstream file(dir / "texts.jsonl");
  for (int i = 0; i < 40; ++i) file << R"({"text": "the cat sat on mat )" << i % 10 << "\"}\n";
  file.close();
  const pretrain_records texts(dir / "texts.jsonl");
  const support::byte_tokenizer tokenizer;
  pretrain_data data(texts, tokenizer, {.batch_size = 4, .seq = 24});
  REQUIRE(data.batches_per_epoch() == 10);

  model_type m({.dim = 16,
                .n_layers = 1,
                .n_heads = 2,
                .vocab_size = 259,
                .max_seq_len = 24,
                .hidden_dim = 32});
  m.initialize(1);
  std::vector<step_report> steps;
  const pretrain recipe{
      .epochs = 8, .accumulation_steps = 3, .learning_rate = 3e-2, .warmup_iters = 3};
  const training_report report =
      recipe(m, data, [&](const auto&, const step_report& step) { steps.push_back(step); });

  CHECK(report.steps == 8 * 4);
  CHECK(report.tokens == 8 * 40 * 24);
  CHECK(report.seconds > 0);
  CHECK(report.tokens_per_second ==
        Catch::Approx(static_cast<double>(report.tokens) / report.seconds));
  REQUIRE(steps.size() == 32);
  CHECK(steps.front().loss == Catch::Approx(std::log(259.0)).epsilon(0.02));
  CHECK(report.loss < 2);
  const double last_tenth =
      (steps[29].loss * steps[29].target_tokens + steps[30].loss * steps[30].target_tokens +
       steps[31].loss * steps[31].target_tokens) /
      (steps[29].target_tokens + steps[30].target_tokens + steps[31].target_tokens);
  CHECK(report.loss == Catch::Approx(last_tenth));
}

TEST_CASE("pretrain: the learning rate warms up and follows the cosine over all steps",
          "[recipe][pretrain]") {
  model_type m(toy_dims);
  m.initialize(3);
  toy_data data(7);
  std::vector<double> rates;
  pretrain{.epochs = 2, .accumulation_steps = 2, .learning_rate = 1e-3, .warmup_iters = 2}(
      m, data, [&](const auto&, const step_report& step) { rates.push_back(step.learning_rate); });
  const cosine schedule{1e-3, 2};
  std::vector<double> expected;
  for (index_t t = 0; t < 8; ++t) expected.push_back(schedule(t, 8));
  CHECK(rates == expected);
  CHECK(rates[0] == 0.5e-3);
}

TEST_CASE("pretrain: it is the trainer and the loop with the recipe's values",
          "[recipe][pretrain]") {
  const pretrain recipe{.epochs = 3,
                        .accumulation_steps = 2,
                        .learning_rate = 2e-2,
                        .warmup_iters = 1,
                        .grad_clip = 0.3,
                        .weight_decay = 0.4,
                        .seed = 9};
  model_type m(toy_dims);
  m.initialize(3);
  toy_data data(5);
  trainer<model_type> t(m, {.total_steps = 9, .grad_clip = 0.3, .seed = 9}, {},
                        {.weight_decay = 0.4}, {2e-2, 1});
  training_run<trainer<model_type>, toy_data> run{t, data, 3, 2};
  train(run);
  const numbers expected = weights_of(m);
  const auto differs = [&](auto change) {
    pretrain other = recipe;
    change(other);
    return trained_by(other) != expected;
  };
  CHECK_FALSE(differs([](pretrain&) {}));
  CHECK(differs([](pretrain& r) { r.epochs = 2; }));
  CHECK(differs([](pretrain& r) { r.accumulation_steps = 1; }));
  CHECK(differs([](pretrain& r) { r.learning_rate = 1e-2; }));
  CHECK(differs([](pretrain& r) { r.warmup_iters = 2; }));
  CHECK(differs([](pretrain& r) { r.grad_clip = 0; }));
  CHECK(differs([](pretrain& r) { r.weight_decay = 0; }));
  CHECK(differs([](pretrain& r) { r.seed = 10; }));
}

TEST_CASE("pretrain: values out of range are refused in one sentence before the first step",
          "[recipe][pretrain]") {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(refusal({.epochs = 0}) == "recipe: epochs is 0; it must be at least 1");
  CHECK(refusal({.accumulation_steps = 0}) ==
        "recipe: accumulation_steps is 0; it must be at least 1");
  CHECK(refusal({.accumulation_steps = -4}) ==
        "recipe: accumulation_steps is -4; it must be at least 1");
  CHECK(refusal({.learning_rate = 0}) ==
        "recipe: learning_rate is 0; it must be above 0 and finite");
  CHECK(refusal({.learning_rate = -1e-3}) ==
        "recipe: learning_rate is -0.001; it must be above 0 and finite");
  CHECK(refusal({.learning_rate = nan}) ==
        "recipe: learning_rate is nan; it must be above 0 and finite");
  CHECK(refusal({.learning_rate = HUGE_VAL}) ==
        "recipe: learning_rate is inf; it must be above 0 and finite");
  CHECK(refusal({.warmup_iters = -1}) == "recipe: warmup_iters is -1; use 0 for none");
  CHECK(refusal({.grad_clip = -1}) == "recipe: grad_clip is -1; use 0 for no clipping");
  CHECK(refusal({.grad_clip = nan}) == "recipe: grad_clip is nan; use 0 for no clipping");
  CHECK(refusal({.weight_decay = -0.1}) == "recipe: weight_decay is -0.1; use 0 for none");
  CHECK(refusal({.weight_decay = nan}) == "recipe: weight_decay is nan; use 0 for none");
  CHECK(refusal({}, 0) == "recipe: the data has no batches");
  CHECK(refusal({}) == "accepted");
}

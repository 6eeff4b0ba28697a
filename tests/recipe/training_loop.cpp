#include "support/catch.hpp"
#include "support/shared_models.hpp"
#include "support/toy_data.hpp"
#include <zer0/device/cpu.hpp>
#include <zer0/model/model.hpp>
#include <zer0/recipe/training_loop.hpp>

#include <set>
#include <string>
#include <vector>

using namespace zer0;
using support::toy_data;

namespace {

using model_type = model<decoder<>, cpu>;
using trainer_type = trainer<model_type>;

/// Trains nothing, and writes down the first token of each micro-batch of each window. The loss of
/// step n is n, and n tokens are learned from.
struct noting_trainer {
  std::vector<std::vector<token_id>> windows = {};
  step_report report = {};

  void set_total_steps(index_t) {}
  void begin_step() {
    windows.emplace_back();
    report = {};
  }
  void accumulate(const token_batch& batch) {
    windows.back().push_back(batch.ids.front());
    report.tokens += batch.tokens();
  }
  step_report finish_step() {
    report.step = ++steps;
    report.loss = report.counted = static_cast<double>(report.step);
    return report;
  }

  index_t steps = 0;
};

using noting_run = training_run<noting_trainer, toy_data>;

/// The first tokens of micro-batches [first, last) of an epoch.
std::vector<token_id> tokens_of(index_t epoch, index_t first, index_t last) {
  std::vector<token_id> out;
  toy_data data(last);
  data.seek(epoch, first);
  token_batch batch;
  while (data.next(batch)) out.push_back(batch.ids.front());
  return out;
}

struct real_run {
  model_type model{{.dim = 8,
                    .n_layers = 1,
                    .n_heads = 2,
                    .vocab_size = 30,
                    .max_seq_len = 8,
                    .multiple_of = 8,
                    .dropout = 0.1}};
  trainer_type trainer{model, {.total_steps = 9}, {}, {}, {.learning_rate = 1e-2, .warmup = 2}};
  toy_data data{7};
  training_run<trainer_type, toy_data> run{trainer, data, 3, 3};

  real_run() { model.initialize(1); }
  [[nodiscard]] std::vector<float> weights() {
    return {model.weights().begin(), model.weights().end()};
  }

  /// Everything that a checkpoint holds.
  void take(const real_run& from, index_t epoch, index_t batch) {
    auto& other = const_cast<real_run&>(from);
    std::ranges::copy(other.model.weights(), model.weights().begin());
    for (std::size_t b = 0; b < 2; ++b)
      std::ranges::copy(other.trainer.optimizer().buffers()[b].values,
                        trainer.optimizer().buffers()[b].values.begin());
    trainer.optimizer().steps = other.trainer.optimizer().steps;
    trainer.set_micro_steps(other.trainer.micro_steps());
    run.epoch = epoch;
    run.batch = batch;
  }
};

/// Batches of one sequence of 4 tokens with 4, 1 and 0 targets.
struct uneven_data {
  index_t at = 0;
  [[nodiscard]] static index_t batches_per_epoch() { return 3; }
  void seek(index_t, index_t batch) { at = batch; }
  bool next(token_batch& b) {
    if (at >= 3) return false;
    b = {{1, 2, 3, 4}, {2, 3, 4, 5}, {1, 1, 1, 1}, {0, 4}};
    if (at == 1) b.weights = {0, 0, 1, 0};
    if (at == 2) b.weights = {0, 0, 0, 0};
    ++at;
    return true;
  }
};

}  // namespace

TEST_CASE("training_loop: windows follow the data, the last one of each epoch with what is left",
          "[recipe][training_loop]") {
  noting_trainer trainer;
  toy_data data(7);
  noting_run run{trainer, data, 2, 3};
  CHECK(run.steps_per_epoch() == 3);
  CHECK(run.total_steps() == 6);
  const training_report report = train(run);
  CHECK(trainer.windows == std::vector<std::vector<token_id>>{
                               tokens_of(0, 0, 3), tokens_of(0, 3, 6), tokens_of(0, 6, 7),
                               tokens_of(1, 0, 3), tokens_of(1, 3, 6), tokens_of(1, 6, 7)});
  CHECK(report.steps == 6);
  CHECK(report.tokens == 2 * 7 * 16);
  CHECK((run.epoch == 2 && run.batch == 0));
  CHECK(run.steps_done() == 6);
}

TEST_CASE("training_loop: a window that divides the epoch leaves no empty step",
          "[recipe][training_loop]") {
  for (const index_t accumulation : {1, 2, 3, 6, 7, 100}) {
    noting_trainer trainer;
    toy_data data(6);
    noting_run run{trainer, data, 2, accumulation};
    const index_t steps = 2 * ((6 + accumulation - 1) / accumulation);
    CHECK(run.total_steps() == steps);
    CHECK(train(run).steps == steps);
    for (const auto& window : trainer.windows) CHECK_FALSE(window.empty());
  }
}

TEST_CASE(
    "training_loop: after each step every hook is called in order, with the step's report and the "
    "run's position",
    "[recipe][training_loop]") {
  noting_trainer trainer;
  toy_data data(7);
  noting_run run{trainer, data, 2, 3};
  std::vector<std::string> calls;
  const auto note = [&](const std::string& name) {
    return [&calls, name](const noting_run& r, const step_report& step) {
      const auto text = [](auto n) { return std::to_string(static_cast<int>(n)); };
      calls.push_back(name + text(step.step) + " loss " + text(step.loss) + " at " + text(r.epoch) +
                      ":" + text(r.batch) + " tokens " + text(step.tokens) +
                      (r.stop ? " end" : ""));
    };
  };
  train(run, note("a"), note("b"));
  CHECK(calls == std::vector<std::string>{
                     "a1 loss 1 at 0:3 tokens 48", "b1 loss 1 at 0:3 tokens 48",
                     "a2 loss 2 at 0:6 tokens 48", "b2 loss 2 at 0:6 tokens 48",
                     "a3 loss 3 at 0:7 tokens 16", "b3 loss 3 at 0:7 tokens 16",
                     "a4 loss 4 at 1:3 tokens 48", "b4 loss 4 at 1:3 tokens 48",
                     "a5 loss 5 at 1:6 tokens 48", "b5 loss 5 at 1:6 tokens 48",
                     "a6 loss 6 at 1:7 tokens 16 end", "b6 loss 6 at 1:7 tokens 16 end"});
}

TEST_CASE(
    "training_loop: the reported loss is the mean over the targets of the last tenth of the steps",
    "[recipe][training_loop]") {
  const auto loss_of = [](index_t batches, index_t stop_at) {
    noting_trainer trainer;
    toy_data data(batches);
    noting_run run{trainer, data};
    return train(run, [&](noting_run& r,
                          const step_report& step) { r.stop = r.stop || step.step == stop_at; })
        .loss;
  };
  CHECK(loss_of(20, 0) == Catch::Approx((19.0 * 19 + 20 * 20) / (19 + 20)));
  CHECK(loss_of(20, 19) == 19);
  CHECK(loss_of(20, 5) == 5);  // stopped before: the last step's
  CHECK(loss_of(9, 0) == 9);
  CHECK(loss_of(0, 0) == 0);
}

TEST_CASE("training_loop: max_steps ends the run there, and not at all if it is beyond",
          "[recipe][training_loop]") {
  const auto steps = [](index_t max_steps) {
    noting_trainer trainer;
    toy_data data(7);
    noting_run run{trainer, data, 2, 3};
    run.max_steps = max_steps;
    const index_t total = run.total_steps();
    const training_report report = train(run);
    CHECK(report.steps == total);
    CHECK(run.steps_done() == total);
    return total;
  };
  CHECK(steps(1) == 1);
  CHECK(steps(3) == 3);
  CHECK(steps(4) == 4);
  CHECK(steps(6) == 6);
  CHECK(steps(7) == 6);
  CHECK(steps(0) == 6);
}

TEST_CASE(
    "training_loop: a hook that stops the run ends it after this step; the other hooks still see "
    "the step",
    "[recipe][training_loop]") {
  for (const index_t stop_at : {1, 2, 3, 4, 6}) {
    noting_trainer trainer;
    toy_data data(7);
    noting_run run{trainer, data, 2, 3};
    index_t seen = 0;
    const auto report = train(
        run, [&](noting_run& r, const step_report& step) { r.stop = step.step == stop_at; },
        [&](const noting_run& r, const step_report& step) {
          seen = step.step;
          CHECK(r.stop == (step.step == stop_at));
        });
    CHECK(report.steps == stop_at);
    CHECK(seen == stop_at);
    CHECK(run.epoch == stop_at / 3);
    CHECK(run.batch == stop_at % 3 * 3);
  }
}

TEST_CASE("training_loop: a run that goes on elsewhere from any step ends in the same weights",
          "[recipe][training_loop]") {
  real_run whole;
  train(whole.run);
  const auto expected = whole.weights();
  for (index_t stop_at = 1; stop_at <= 9; ++stop_at) {
    INFO("after step " << stop_at);
    real_run first;
    index_t epoch = 0;
    index_t batch = 0;
    train(first.run, [&](auto& run, const step_report& step) {
      run.stop = run.stop || step.step == stop_at;
      epoch = run.epoch;
      batch = run.batch;
    });
    real_run from_hook;  // the last step of an epoch: behind its last batch
    from_hook.take(first, epoch, batch);
    CHECK(train(from_hook.run).steps == 9 - stop_at);
    const bool same = from_hook.weights() == expected;
    CHECK(same);
    real_run from_end;  // ... or at the first of the next
    from_end.take(first, first.run.epoch, first.run.batch);
    CHECK(train(from_end.run).steps == 9 - stop_at);
    const bool same_again = from_end.weights() == expected;
    CHECK(same_again);
  }
}

TEST_CASE("training_loop: a run that goes on at its end takes no step", "[recipe][training_loop]") {
  noting_trainer trainer;
  toy_data data(7);
  for (const auto& [epoch, batch] : {std::pair<index_t, index_t>{0, 6}, {0, 7}, {1, 0}, {2, 0}}) {
    noting_run run{trainer, data, 2, 3, epoch, batch};
    run.max_steps = 2;
    CHECK(train(run).steps == 0);
  }
  noting_run run{trainer, data, 2, 3, 1, 7};
  CHECK(train(run).steps == 0);
  CHECK(trainer.windows.empty());
}

TEST_CASE("training_loop: a window of no micro-batches is refused", "[recipe][training_loop]") {
  noting_trainer trainer;
  toy_data data(7);
  noting_run run{trainer, data, 1, 0};
  CHECK_THROWS_WITH(train(run), "accumulation_steps is 0; it must be at least 1");
}

TEST_CASE(
    "training_loop: validate is the mean over target tokens, from the first batch, whatever was "
    "read before",
    "[recipe][training_loop]") {
  real_run r;
  train(r.run);
  uneven_data data;
  std::vector<double> sums;
  token_batch batch;
  while (data.next(batch)) sums.push_back(r.trainer.evaluate(batch).loss_sum);
  CHECK(validate(r.trainer, data).mean() == Catch::Approx((sums[0] + sums[1]) / 5).epsilon(1e-12));
  CHECK(std::abs(sums[0] / 4 - sums[1]) > 1e-3);  // so this is not the mean of the batches' means
  CHECK(sums[2] == 0);
  data.seek(0, 2);
  CHECK(validate(r.trainer, data).mean() == Catch::Approx((sums[0] + sums[1]) / 5).epsilon(1e-12));
}

TEST_CASE("training_loop: validation between steps changes nothing in training",
          "[recipe][training_loop]") {
  real_run plain;
  train(plain.run);
  real_run validated;
  uneven_data held_out;
  std::set<double> losses;
  train(validated.run, [&](auto& run, const step_report&) {
    losses.insert(validate(run.trainer, held_out).mean());
  });
  CHECK(losses.size() == 9);
  CHECK(validated.trainer.micro_steps() == plain.trainer.micro_steps());
  const bool same = validated.weights() == plain.weights();
  CHECK(same);
}

// The training loop: epochs, accumulation windows, hooks.
#pragma once

#include <zer0/recipe/trainer.hpp>

#include <algorithm>
#include <chrono>
#include <concepts>
#include <vector>

namespace zer0 {

/// Where a run stands, and what a hook may look at or change. A checkpoint holds epoch and batch.
template <class Trainer, class Data>
struct training_run {
  Trainer& trainer;
  Data& data;
  index_t epochs = 1;
  index_t accumulation_steps = 1;  ///< micro-batches a step
  index_t epoch = 0;               ///< of the next micro-batch
  index_t batch = 0;               ///< micro-batches of this epoch already trained on
  bool stop = false;               ///< a hook sets it: the loop ends after this step
  index_t max_steps = 0;           ///< the run has no more steps than this; 0: all epochs

  /// Of one epoch; its last step may have fewer micro-batches.
  [[nodiscard]] index_t steps_per_epoch() const {
    return (data.batches_per_epoch() + accumulation_steps - 1) / accumulation_steps;
  }
  [[nodiscard]] index_t total_steps() const {
    const index_t all = epochs * steps_per_epoch();
    return max_steps > 0 ? std::min(max_steps, all) : all;
  }
  /// Steps that lie behind where the run stands.
  [[nodiscard]] index_t steps_done() const {
    const bool whole_epoch = batch >= data.batches_per_epoch();
    return epoch * steps_per_epoch() + (whole_epoch ? steps_per_epoch() : batch / accumulation_steps);
  }
};

struct training_report {
  double loss = 0;  ///< mean of the last tenth of the steps; the last step's if none of them ran
  index_t steps = 0;
  index_t tokens = 0;
  double seconds = 0;
  double tokens_per_second = 0;
};

/// A source of batches in a fixed order for each epoch: pretrain_data, or a user's own.
template <class D>
concept batch_source = requires(D& d, token_batch& b, index_t n) {
  { d.batches_per_epoch() } -> std::convertible_to<index_t>;
  d.seek(n, n);                                // next() goes on with this batch of this epoch
  { d.next(b) } -> std::convertible_to<bool>;  // false at the end of the epoch
};

/// Trains from where `run` stands to its end. After each step every hook is called as hook(run, step_report): logging,
/// validation, checkpoints, early stopping are hooks. The last, shorter window of an epoch is a step like any other.
/// Throws zer0::error if accumulation_steps is not positive.
template <class Trainer, batch_source Data, class... Hooks>
training_report train(training_run<Trainer, Data>& run, Hooks&&... hooks) {
  using clock = std::chrono::steady_clock;
  require(run.accumulation_steps >= 1, "accumulation_steps is ", run.accumulation_steps, "; it must be at least 1");
  training_report report;
  evaluation last_tenth;
  const index_t before_last_tenth = run.total_steps() - run.total_steps() / 10;
  std::vector<token_batch> window(static_cast<std::size_t>(run.accumulation_steps));
  run.stop = run.stop || run.steps_done() >= run.total_steps();  // resumed at its end
  for (; run.epoch < run.epochs && !run.stop; ++run.epoch, run.batch = 0) {
    run.data.seek(run.epoch, run.batch);
    while (!run.stop) {
      const auto start = clock::now();
      std::size_t filled = 0;
      while (filled < window.size() && run.data.next(window[filled])) ++filled;
      if (filled == 0) break;
      const step_report step = run.trainer.step(std::span(window).first(filled));
      run.batch += static_cast<index_t>(filled);
      report.seconds += std::chrono::duration<double>(clock::now() - start).count();
      report.tokens += step.tokens;
      ++report.steps;
      report.loss = step.loss;
      if (step.step > before_last_tenth) last_tenth.add(step);
      if (step.step >= run.total_steps()) run.stop = true;
      (hooks(run, step), ...);
    }
    if (run.stop && run.batch < run.data.batches_per_epoch()) break;
  }
  if (last_tenth.counted > 0) report.loss = last_tenth.mean();
  report.tokens_per_second = report.seconds > 0 ? static_cast<double>(report.tokens) / report.seconds : 0;
  return report;
}

/// Loss and metrics of one pass through `data`, over all that is counted in it.
template <class Trainer, batch_source Data>
evaluation validate(Trainer& trainer, Data& data) {
  evaluation total;
  token_batch batch;
  data.seek(0, 0);
  while (data.next(batch)) {
    total.add(trainer.evaluate(batch));
  }
  return total;
}

}  // namespace zer0

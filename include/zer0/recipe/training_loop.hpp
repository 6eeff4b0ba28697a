// The training loop: epochs, accumulation windows, hooks.
#pragma once

#include <zer0/core/types.hpp>
#include <zer0/file/json_document.hpp>
#include <zer0/recipe/detail/hooks.hpp>
#include <zer0/recipe/hook/checkpoints.hpp>
#include <zer0/recipe/hook/json_log.hpp>
#include <zer0/recipe/run_folder.hpp>
#include <zer0/recipe/step_report.hpp>

#include <algorithm>
#include <chrono>
#include <concepts>
#include <filesystem>
#include <functional>
#include <limits>
#include <optional>

namespace zer0 {

/// A source of batches in a fixed order for each epoch: pretrain_data, or a user's own.
template <class D>
concept batch_source = requires(D& d, token_batch& b, index_t n) {
  { d.batches_per_epoch() } -> std::convertible_to<index_t>;
  d.seek(n, n);                                // next() goes on with this batch of this epoch
  { d.next(b) } -> std::convertible_to<bool>;  // false at the end of the epoch
};

/// The state of a run, which hooks may read and change. Checkpoints keep `epoch` and `batch`.
template <class Trainer, class Data>
struct training_run {
  Trainer& trainer;
  Data& data;
  index_t epochs = 1;
  index_t accumulation_steps = 1;  ///< micro-batches a step
  index_t epoch = 0;               ///< epoch of the next micro-batch
  index_t batch = 0;               ///< micro-batches of this epoch already trained on
  bool stop = false;               ///< a hook sets it: the loop ends after this step
  index_t max_steps = 0;           ///< the run has no more steps than this; 0: all epochs

  run_folder* folder = nullptr;  ///< set by `train` if there is one among the hooks
  /// Goes into the checkpoints. A run is resumed only if about["settings"] is the same.
  held<nlohmann::json> about = held<nlohmann::json>::object();
  bool validates = false;                     ///< whether a hook validates
  std::optional<evaluation> validation = {};  ///< the result at this step, if it was validated
  double best_validation =
      std::numeric_limits<double>::max();  ///< least validation loss before this step
  std::function<void(const std::filesystem::path&)> save_hooks = {};  ///< what a checkpoint calls

  /// Steps in one epoch. The last step of an epoch may have fewer micro-batches.
  [[nodiscard]] index_t steps_per_epoch() const {
    return (data.batches_per_epoch() + accumulation_steps - 1) / accumulation_steps;
  }
  [[nodiscard]] index_t total_steps() const {
    const index_t all = epochs * steps_per_epoch();
    return max_steps > 0 ? std::min(max_steps, all) : all;
  }
  /// Steps done so far, as `epoch` and `batch` say.
  [[nodiscard]] index_t steps_done() const {
    const bool whole_epoch = batch >= data.batches_per_epoch();
    return epoch * steps_per_epoch() +
           (whole_epoch ? steps_per_epoch() : batch / accumulation_steps);
  }
};

struct training_report {
  double loss = 0;  ///< mean of the last tenth of the steps; the last step's if none of them ran
  index_t steps = 0;
  index_t tokens = 0;
  double seconds = 0;
  double tokens_per_second = 0;
  bool complete = false;  ///< whether all steps of the run are done; false if it was stopped before
};

namespace detail {

/// Throws zer0::error naming the first setting that the checkpoint's run has with another value.
void check_same_settings(const nlohmann::json& about, const std::filesystem::path& checkpoint);

/// The least loss noted in a checkpoint; the largest double if it has none.
double best_loss_of(const training_state& state);

/// Trains one step on the next micro-batches. Returns nothing at the end of the epoch, or if a hook
/// asks to stop before the step has all its micro-batches: then the step is discarded.
template <class Trainer, class Data, class... Hooks>
std::optional<step_report> train_step(training_run<Trainer, Data>& run, token_batch& batch,
                                      Hooks&... hooks) {
  if (!run.data.next(batch)) return std::nullopt;
  run.trainer.begin_step();
  for (index_t n = 1;; ++n) {
    run.trainer.accumulate(batch);
    run.stop = run.stop || (asks_to_stop(hooks) || ...);
    if (n == run.accumulation_steps || !run.data.next(batch)) {
      run.batch += n;
      return run.trainer.finish_step();
    }
    if (run.stop) return std::nullopt;
  }
}

/// Restores the run and its hooks from a checkpoint.
template <class Run, class... Hooks>
void go_on(Run& run, const std::filesystem::path& checkpoint, Hooks&... hooks) {
  check_same_settings(*run.about, checkpoint);
  const training_state state = load_checkpoint(run.trainer, checkpoint);
  run.epoch = state.epoch;
  run.batch = state.batch;
  run.best_validation = best_loss_of(state);
  (load(hooks, checkpoint), ...);
}

}  // namespace detail

/// Trains from `run.epoch` and `run.batch` to the end of the run, calling the hooks
/// (step_report.hpp). With a `run_folder` among them it first loads the folder's last checkpoint,
/// if there is one, and adds the hooks `checkpoints` and `json_log` unless they are given. The last
/// step of an epoch may have fewer micro-batches. Throws zer0::error if accumulation_steps is not
/// positive, or if the checkpoint belongs to another model or other settings.
template <class Trainer, batch_source Data, class... Hooks>
training_report train(training_run<Trainer, Data>& run, Hooks&&... hooks) {
  constexpr bool in_folder = detail::among<run_folder, Hooks...>;
  if constexpr (in_folder && !detail::among<checkpoints, Hooks...>) {
    return train(run, hooks..., checkpoints());
  } else if constexpr (in_folder && !detail::among<json_log, Hooks...>) {
    return train(run, hooks..., json_log());
  } else {
    require(run.accumulation_steps >= 1, "accumulation_steps is ", run.accumulation_steps,
            "; it must be at least 1");
    run.trainer.set_total_steps(run.total_steps());
    run.save_hooks = [&](const std::filesystem::path& checkpoint) {
      (detail::save(hooks, checkpoint), ...);
    };
    if constexpr (in_folder) {
      run.folder = &detail::the_folder(hooks...);
      run.folder->open();
      if (const std::filesystem::path last = run.folder->last(); !last.empty())
        detail::go_on(run, last, hooks...);
    }
    for (const hook_order order : hook_orders) (detail::begin(hooks, order, run), ...);
    run.stop = run.stop || run.steps_done() >= run.total_steps();

    training_report report;
    evaluation last_tenth;
    const index_t before_last_tenth = run.total_steps() - run.total_steps() / 10;
    token_batch batch;
    for (; run.epoch < run.epochs && !run.stop; ++run.epoch, run.batch = 0) {
      run.data.seek(run.epoch, run.batch);
      while (!run.stop) {
        const auto start = std::chrono::steady_clock::now();
        const std::optional<step_report> step = detail::train_step(run, batch, hooks...);
        if (!step) break;
        report.seconds +=
            std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
        report.tokens += step->tokens;
        ++report.steps;
        report.loss = step->loss;
        if (step->step > before_last_tenth) last_tenth.add(*step);
        if (step->step >= run.total_steps()) run.stop = true;
        run.validation.reset();
        for (const hook_order order : hook_orders) (detail::call(hooks, order, run, *step), ...);
        if (run.validation)
          run.best_validation = std::min(run.best_validation, run.validation->mean());
      }
      if (run.stop && run.batch < run.data.batches_per_epoch()) break;
    }
    report.complete = run.steps_done() >= run.total_steps();
    (detail::end(hooks, run), ...);
    run.save_hooks = {};
    if (last_tenth.counted > 0) report.loss = last_tenth.mean();
    report.tokens_per_second =
        report.seconds > 0 ? static_cast<double>(report.tokens) / report.seconds : 0;
    return report;
  }
}

/// Sums of loss and metrics over epoch 0 of `data`, and what to divide them by.
template <class Trainer, batch_source Data>
evaluation validate(Trainer& trainer, Data& data) {
  evaluation total;
  token_batch batch;
  data.seek(0, 0);
  while (data.next(batch)) total.add(trainer.evaluate(batch));
  return total;
}

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/recipe/detail/training_loop.ipp>
#endif

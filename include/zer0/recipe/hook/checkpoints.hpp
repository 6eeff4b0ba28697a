// Checkpoints of a run: when to write them, which to keep.
#pragma once

#include <zer0/checkpoint/checkpoint.hpp>
#include <zer0/core/detail/compiled.hpp>
#include <zer0/core/error.hpp>
#include <zer0/recipe/run_folder.hpp>
#include <zer0/recipe/step_report.hpp>

#include <filesystem>
#include <limits>
#include <string>

namespace zer0 {

struct checkpoint_options {
  index_t save_interval = 100;         ///< steps between comparisons with the best loss; 0: never
  index_t save_interval_steps = 1000;  ///< steps between checkpoints to resume from; 0: never
  bool save_best_only = true;       ///< false: each comparison writes a checkpoint, the best or not
  bool save_last = true;            ///< write a checkpoint when the run ends or is stopped
  index_t keep_checkpoint_max = 5;  ///< how many are kept, the newest; best and last always
  std::string base = {};            ///< training_state::base, for a model with adapters
};

/// A hook that writes checkpoints into the run's folder; `train` adds one if the run has a folder
/// and no such hook. The best checkpoint is the one with the least training loss, averaged over the
/// steps since the last comparison (`save_interval`). If the run has the hook `validation`, it is
/// the one with the least validation loss instead, compared at each validation. What other hooks
/// `save` goes into each checkpoint. If a checkpoint cannot be written (no space left), the hook
/// warns and training goes on; older checkpoints stay intact.
class checkpoints {
 public:
  static constexpr hook_order order =
      hook_order::last;  ///< after the other hooks, whose state it saves

  /// Throws zer0::error for a value out of range.
  explicit checkpoints(checkpoint_options options = {});

  /// Throws zer0::error if the run has no folder.
  template <class Run>
  void begin(const Run& run) {
    require(run.folder != nullptr,
            "checkpoints: the run has no folder to write to; give it zer0::run_folder(\"out\")");
    if (run.folder->last().empty()) return;
    finish_after_kill(*run.folder);
  }

  template <class Run>
  void operator()(Run& run, const step_report& step) {
    const bool last_step = step.step >= run.total_steps();
    const choice now =
        choose(step, last_step, run.validates, run.validation ? &*run.validation : nullptr);
    if (now.save) save(run, now.best);
  }

  template <class Run>
  void end(Run& run) {
    if (options_.save_last && run.steps_done() > 0 && run.steps_done() != tried_step_)
      save(run, false);
  }

  /// Restores the best loss and the average training loss since the last comparison.
  void load(const std::filesystem::path& checkpoint);

  [[nodiscard]] double best_loss() const { return best_; }

 private:
  struct choice {
    bool save, best;
  };
  /// What to write after a step. `validation` is the result of this step's validation, or null.
  choice choose(const step_report& step, bool last_step, bool validates,
                const evaluation* validation);

  template <class Run>
  void save(Run& run, bool best) {
    const index_t step = tried_step_ = run.steps_done();
    try {
      const training_state state = with_losses(
          {step, run.epoch, run.batch, run.trainer.micro_steps(), run.about, options_.base});
      save_checkpoint(run.trainer, state, run.folder->checkpoint(step), run.folder->files(),
                      run.save_hooks);
      run.folder->set_last(step);
      if (best) run.folder->set_best(step);
      run.folder->remove_oldest(options_.keep_checkpoint_max);
    } catch (const error& e) {
      warn(e.what());
    } catch (const std::filesystem::filesystem_error& e) {
      warn(e.what());
    }
  }

  /// Returns `state` with what `load` needs added to its `run`.
  [[nodiscard]] training_state with_losses(training_state state) const;
  /// Does what a kill right after a checkpoint left undone: sets the link `best`, removes the
  /// oldest.
  void finish_after_kill(run_folder& folder) const;
  static void warn(const char* reason);

  checkpoint_options options_;
  double best_ = std::numeric_limits<double>::max();
  index_t best_step_ = 0, tried_step_ = 0;
  evaluation interval_;
};

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/recipe/hook/detail/checkpoints.ipp>
#endif

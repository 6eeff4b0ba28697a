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
  index_t save_interval = 100;  ///< steps between looks at whether the model is the best so far,
                                ///< unless validation says when; 0: never
  index_t save_interval_steps = 1000;  ///< steps between checkpoints to go on from; 0: never
  bool save_best_only = true;          ///< false: every look writes a checkpoint, the best or not
  bool save_last = true;               ///< one when the run ends or is stopped
  index_t keep_checkpoint_max = 5;     ///< at most so many, the oldest go first; never best or last
  std::string base = {};               ///< training_state::base, of a model with adapters
};

/// A hook that writes checkpoints into the run's folder; train adds one where there is a folder.
/// "Best" is by the loss of `validation` if the run has that hook, else by the training loss
/// averaged over the steps since the last look. What other hooks `save` goes into each checkpoint.
/// One that cannot be written (no space left) is a warning: training goes on, older ones are
/// intact.
class checkpoints {
 public:
  static constexpr hook_order order =
      hook_order::last;  ///< it saves what the other hooks have become

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

  /// Goes on comparing with the best loss, and averaging the training loss, of the run so far.
  void load(const std::filesystem::path& checkpoint);

  [[nodiscard]] double best_loss() const { return best_; }

 private:
  struct choice {
    bool save, best;
  };
  /// What to do after a step; `validation`: of this step, or null.
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

  /// The state, and in its `run` what `load` needs.
  [[nodiscard]] training_state with_losses(training_state state) const;
  /// What a kill right after a checkpoint left undone: the link `best`, the removal of the oldest.
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

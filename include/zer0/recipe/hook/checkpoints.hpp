// Checkpoints of a run: when to write them, which to keep.
#pragma once

#include <zer0/core/compiled.hpp>
#include <zer0/io/checkpoint.hpp>
#include <zer0/recipe/training_loop.hpp>

#include <filesystem>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace zer0 {

struct checkpoint_options {
  std::filesystem::path directory;     ///< holds step_00000100, ..., and the links `best` and `last`
  index_t save_interval = 100;         ///< steps between looks at whether the model is the best so far; 0: never
  index_t save_interval_steps = 1000;  ///< steps between checkpoints to go on from; 0: never
  bool save_best_only = true;          ///< false: every look writes a checkpoint, the best or not
  bool save_last = true;               ///< one when the run ends or is stopped
  index_t keep_checkpoint_max = 5;     ///< at most so many, the oldest go first; never the best or the last
  std::vector<std::filesystem::path> extra_files = {};  ///< copied into each (the tokenizer's)
  std::string base = {};                                ///< training_state::base, of a model with adapters
};

/// A hook. "Best" is by `validate` (a loss, smaller is better) if one is given, else by the training loss averaged over
/// the steps since the last look. A checkpoint that cannot be written (no space left) is a warning: training goes on,
/// older ones are intact.
class checkpoints {
 public:
  explicit checkpoints(checkpoint_options options, std::function<double()> validate = {},
                       held<nlohmann::json> run = detail::empty_run());

  /// After a resume: goes on comparing with the best loss, and averaging the training loss, of the run so far. Does
  /// what a kill right after the checkpoint left undone: the link `best`, the removal of the oldest.
  void restore(const training_state& state);

  template <class Run>
  void operator()(const Run& run, const step_report& step) {
    const choice now = choose(step, run.total_steps(), run.stop);
    if (now.save) save(run, step.step, now.best);
  }

  [[nodiscard]] double best_loss() const { return best_; }
  /// The result of the last look, if there was one.
  [[nodiscard]] std::optional<double> measured() const { return measured_; }

  static std::string step_name(index_t step);

 private:
  struct choice {
    bool save, best;
  };
  /// What to do after a step.
  choice choose(const step_report& step, index_t total_steps, bool stop);

  template <class Run>
  void save(const Run& run, index_t step, bool best) {
    const std::string name = step_name(step);
    try {
      const training_state state =
          with_losses({step, run.epoch, run.batch, run.trainer.micro_steps(), run_, options_.base});
      save_checkpoint(run.trainer, state, options_.directory / name, options_.extra_files);
      link("last", name);
      if (best) link("best", name);
      remove_oldest();
    } catch (const error& e) {
      warn(e.what());
    } catch (const std::filesystem::filesystem_error& e) {
      warn(e.what());
    }
  }

  /// The state, and in its `run` what `restore` needs.
  [[nodiscard]] training_state with_losses(training_state state) const;
  static void warn(const char* reason);
  /// Points the link `name` to `target`, replacing an older link at once.
  void link(const std::string& name, const std::string& target) const;
  void remove_oldest() const;
  /// Under a temporary name first: a kill leaves no half of a checkpoint under its name.
  static void remove_whole(const std::filesystem::path& checkpoint);
  [[nodiscard]] bool linked(const std::string& name, const std::string& target) const;

  checkpoint_options options_;
  std::function<double()> validate_;
  held<nlohmann::json> run_;
  double best_ = std::numeric_limits<double>::max();
  index_t best_step_ = 0;
  evaluation interval_;
  std::optional<double> measured_;
};

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/recipe/hook/detail/checkpoints.ipp>
#endif

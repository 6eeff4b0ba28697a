// Checkpoints of a run: when to write them, which to keep.
#pragma once

#include <zer0/io/checkpoint.hpp>
#include <zer0/recipe/training_loop.hpp>

#include <algorithm>
#include <cstdio>
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
                       nlohmann::json run = nlohmann::json::object())
      : options_(std::move(options)), validate_(std::move(validate)), run_(std::move(run)) {
    require(options_.keep_checkpoint_max >= 1, "keep_checkpoint_max is ", options_.keep_checkpoint_max,
            "; keep at least 1");
  }

  /// After a resume: goes on comparing with the best loss, and averaging the training loss, of the run so far. Does
  /// what a kill right after the checkpoint left undone: the link `best`, the removal of the oldest.
  void restore(const training_state& state) {
    const auto number = [&](const char* key, double otherwise) { return state.run.value(key, otherwise); };
    best_ = number("best_loss", best_);
    interval_ = {number("interval_loss", 0), number("interval_counted", 0)};
    best_step_ = state.run.value("best_step", best_step_);
    const std::string best = step_name(best_step_);
    if (std::filesystem::is_directory(options_.directory / best) && !linked("best", best)) link("best", best);
    if (std::filesystem::is_directory(options_.directory)) remove_oldest();
  }

  template <class Run>
  void operator()(const Run& run, const step_report& step) {
    interval_.add(step);
    const bool ends = run.stop || step.step >= run.total_steps();
    const bool look =
        due(step.step, options_.save_interval) || (step.step >= run.total_steps() && options_.save_interval > 0);
    bool best = false;
    if (look) {
      measured_ = validate_ ? validate_() : interval_.mean();
      interval_ = {};
      best = *measured_ < best_;
      if (best) {
        best_ = *measured_;
        best_step_ = step.step;
      }
    }
    const bool regular = due(step.step, options_.save_interval_steps) || (look && !options_.save_best_only);
    const bool last = ends && options_.save_last;
    if (best || regular || last) save(run, step.step, best);
  }

  [[nodiscard]] double best_loss() const { return best_; }
  /// The result of the last look, if there was one.
  [[nodiscard]] std::optional<double> measured() const { return measured_; }

  static std::string step_name(index_t step) {
    char name[32];
    std::snprintf(name, sizeof name, "step_%08ld", static_cast<long>(step));
    return name;
  }

 private:
  static bool due(index_t step, index_t interval) { return interval > 0 && step % interval == 0; }

  template <class Run>
  void save(const Run& run, index_t step, bool best) {
    const std::string name = step_name(step);
    try {
      training_state state{step, run.epoch, run.batch, run.trainer.micro_steps(), run_, options_.base};
      state.run["best_loss"] = best_;
      state.run["best_step"] = best_step_;
      state.run["interval_loss"] = interval_.loss_sum;
      state.run["interval_counted"] = interval_.counted;
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

  static void warn(const char* reason) {
    std::fprintf(stderr, "\nwarning: no checkpoint was written (%s); training goes on, older checkpoints are intact\n",
                 reason);
  }

  /// Points the link `name` to `target`, replacing an older link at once.
  void link(const std::string& name, const std::string& target) const {
    const auto temporary = options_.directory / (name + ".tmp");
    std::filesystem::remove(temporary);
    std::filesystem::create_directory_symlink(target, temporary);
    std::filesystem::rename(temporary, options_.directory / name);
  }

  void remove_oldest() const {
    std::vector<std::string> removable;
    index_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(options_.directory)) {
      const std::string name = entry.path().filename().string();
      if (entry.is_symlink() || !entry.is_directory() || !name.starts_with("step_") ||
          name.find('.') != std::string::npos)
        continue;
      ++count;
      if (!linked("best", name) && !linked("last", name)) removable.push_back(name);
    }
    std::sort(removable.begin(), removable.end());
    for (const std::string& name : removable) {
      if (count-- <= options_.keep_checkpoint_max) break;
      remove_whole(options_.directory / name);
    }
  }
  /// Under a temporary name first: a kill leaves no half of a checkpoint under its name.
  static void remove_whole(const std::filesystem::path& checkpoint) {
    const std::filesystem::path temporary = checkpoint.string() + ".tmp";
    std::filesystem::remove_all(temporary);
    std::filesystem::rename(checkpoint, temporary);
    std::filesystem::remove_all(temporary);
  }
  [[nodiscard]] bool linked(const std::string& name, const std::string& target) const {
    std::error_code none;
    return std::filesystem::read_symlink(options_.directory / name, none) == target;
  }

  checkpoint_options options_;
  std::function<double()> validate_;
  nlohmann::json run_;
  double best_ = std::numeric_limits<double>::max();
  index_t best_step_ = 0;
  evaluation interval_;
  std::optional<double> measured_;
};

}  // namespace zer0

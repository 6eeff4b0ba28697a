// Bodies of zer0/recipe/hook/checkpoints.hpp.
#pragma once

#include <zer0/recipe/hook/checkpoints.hpp>

#include <nlohmann/json.hpp>

#include <cstdio>

namespace zer0 {
namespace detail {

ZER0_INLINE bool is_due(index_t step, index_t interval) {
  return interval > 0 && step % interval == 0;
}

}  // namespace detail

ZER0_INLINE checkpoints::checkpoints(checkpoint_options options) : options_(std::move(options)) {
  require(options_.keep_checkpoint_max >= 1, "keep_checkpoint_max is ",
          options_.keep_checkpoint_max, "; keep at least 1");
}

ZER0_INLINE void checkpoints::load(const std::filesystem::path& checkpoint) {
  const training_state state = read_training_state(checkpoint);
  const nlohmann::json& run = *state.run;
  best_ = run.value("best_loss", best_);
  best_step_ = run.value("best_step", best_step_);
  interval_ = {run.value("interval_loss", 0.0), run.value("interval_counted", 0.0)};
  tried_step_ = state.step;
}

ZER0_INLINE void checkpoints::finish_after_kill(run_folder& folder) const {
  const std::filesystem::path best = folder.checkpoint(best_step_);
  if (std::filesystem::is_directory(best) && folder.best() != best) folder.set_best(best_step_);
  folder.remove_oldest(options_.keep_checkpoint_max);
}

ZER0_INLINE checkpoints::choice checkpoints::choose(const step_report& step, bool last_step,
                                                    bool validates, const evaluation* validation) {
  interval_.add(step);
  const bool interval_ends = detail::is_due(step.step, options_.save_interval) ||
                             (last_step && options_.save_interval > 0);
  const bool look = validates ? validation != nullptr : interval_ends;
  bool best = false;
  if (look) {
    const double loss = validates ? validation->mean() : interval_.mean();
    interval_ = {};
    best = loss < best_;
    if (best) {
      best_ = loss;
      best_step_ = step.step;
    }
  }
  const bool regular = detail::is_due(step.step, options_.save_interval_steps);
  return {
      best || regular || (look && !options_.save_best_only) || (last_step && options_.save_last),
      best};
}

ZER0_INLINE training_state checkpoints::with_losses(training_state state) const {
  nlohmann::json& run = *state.run;
  run["best_loss"] = best_;
  run["best_step"] = best_step_;
  run["interval_loss"] = interval_.loss_sum;
  run["interval_counted"] = interval_.counted;
  return state;
}

ZER0_INLINE void checkpoints::warn(const char* reason) {
  std::fprintf(
      stderr,
      "\nwarning: no checkpoint was written (%s); training goes on, older checkpoints are intact\n",
      reason);
}

}  // namespace zer0

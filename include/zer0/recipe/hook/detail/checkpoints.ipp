// Bodies of zer0/recipe/hook/checkpoints.hpp.
#pragma once

#include <zer0/io/detail/json_file.hpp>
#include <zer0/recipe/hook/checkpoints.hpp>

#include <algorithm>
#include <cstdio>
#include <system_error>

namespace zer0 {
namespace detail {

ZER0_INLINE bool is_due(index_t step, index_t interval) { return interval > 0 && step % interval == 0; }

}  // namespace detail

ZER0_INLINE checkpoints::checkpoints(checkpoint_options options, std::function<double()> validate,
                                     held<nlohmann::json> run)
    : options_(std::move(options)), validate_(std::move(validate)), run_(std::move(run)) {
  require(options_.keep_checkpoint_max >= 1, "keep_checkpoint_max is ", options_.keep_checkpoint_max,
          "; keep at least 1");
}

ZER0_INLINE void checkpoints::restore(const training_state& state) {
  const auto number = [&](const char* key, double otherwise) { return state.run->value(key, otherwise); };
  best_ = number("best_loss", best_);
  interval_ = {number("interval_loss", 0), number("interval_counted", 0)};
  best_step_ = state.run->value("best_step", best_step_);
  const std::string best = step_name(best_step_);
  if (std::filesystem::is_directory(options_.directory / best) && !linked("best", best)) link("best", best);
  if (std::filesystem::is_directory(options_.directory)) remove_oldest();
}

ZER0_INLINE checkpoints::choice checkpoints::choose(const step_report& step, index_t total_steps, bool stop) {
  interval_.add(step);
  const bool ends = stop || step.step >= total_steps;
  const bool look =
      detail::is_due(step.step, options_.save_interval) || (step.step >= total_steps && options_.save_interval > 0);
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
  const bool regular = detail::is_due(step.step, options_.save_interval_steps) || (look && !options_.save_best_only);
  const bool last = ends && options_.save_last;
  return {best || regular || last, best};
}

ZER0_INLINE std::string checkpoints::step_name(index_t step) {
  char name[32];
  std::snprintf(name, sizeof name, "step_%08ld", static_cast<long>(step));
  return name;
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
  std::fprintf(stderr, "\nwarning: no checkpoint was written (%s); training goes on, older checkpoints are intact\n",
               reason);
}

ZER0_INLINE void checkpoints::link(const std::string& name, const std::string& target) const {
  const auto temporary = options_.directory / (name + ".tmp");
  std::filesystem::remove(temporary);
  std::filesystem::create_directory_symlink(target, temporary);
  std::filesystem::rename(temporary, options_.directory / name);
}

ZER0_INLINE void checkpoints::remove_oldest() const {
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

ZER0_INLINE void checkpoints::remove_whole(const std::filesystem::path& checkpoint) {
  const std::filesystem::path temporary = checkpoint.string() + ".tmp";
  std::filesystem::remove_all(temporary);
  std::filesystem::rename(checkpoint, temporary);
  std::filesystem::remove_all(temporary);
}

ZER0_INLINE bool checkpoints::linked(const std::string& name, const std::string& target) const {
  std::error_code none;
  return std::filesystem::read_symlink(options_.directory / name, none) == target;
}

}  // namespace zer0

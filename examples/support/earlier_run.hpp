// The run that a new one goes on with: where it is, and whether the two are the same.
#pragma once

#include "modes.hpp"
#include "run_directory.hpp"
#include "train_options.hpp"
#include <zer0/io/checkpoint.hpp>

#include <nlohmann/json.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace program {

/// A checkpoint to go on from, and what it says about its run.
struct earlier_run {
  fs::path checkpoint;
  zer0::training_state state;

  [[nodiscard]] fs::path directory() const { return checkpoint.parent_path(); }
  [[nodiscard]] std::map<std::string, std::string> options() const {
    return state.run->value("options", std::map<std::string, std::string>());
  }
};

/// What --resume means, read before the options have their final values.
inline std::optional<earlier_run> find_earlier_run(const option_set& options) {
  const auto& resume = options.peek<std::string>("resume");
  if (resume == "false") return std::nullopt;
  fs::path checkpoint = resume;
  if (resume == "true" || resume == "auto") {
    const fs::path run = find_run(options.peek<std::string>("out_dir"), mode_of(options.peek<std::string>("mode")).run,
                                  options.peek<index_t>("dim"), options.given("dim"), options.peek<bool>("use_moe"));
    if (fs::is_directory(run)) {
      const directory_lock not_while_another_writes(run);
      tidy_up(run);
    }
    checkpoint = find_checkpoint(run, {"last"});
    if (checkpoint.empty() && resume == "auto" && !holds_checkpoints(run)) return std::nullopt;
    demand(!checkpoint.empty(), "nothing to resume: ", run.string(), " has no last checkpoint; start without --resume");
  } else if (fs::exists(checkpoint)) {
    checkpoint = fs::canonical(checkpoint);  // a link, a slash at the end: the run's folder is the parent of its target
  }
  demand(fs::is_regular_file(checkpoint / "training_state.json"), "nothing to resume: ", checkpoint.string(),
         " is not a checkpoint of train; give a folder like ", "out/pretrain_512/step_00001000");
  return earlier_run{checkpoint, zer0::read_training_state(checkpoint)};
}

/// Options that were not given are those of the earlier run.
inline void take_over(option_set& options, const earlier_run& run) {
  auto older = run.options();
  for (const char* name : momentary_options) older.erase(name);
  options.restore(older);
}

/// Refuses to go on with a run by options that are not its own.
inline void check_same_run(const option_set& options, const earlier_run& run) {
  const auto older = run.options();
  for (const char* name : defining_options) {
    const auto found = older.find(name);
    if (found == older.end() || options.text(name) == found->second) continue;
    refuse("--", name, " is ", options.text(name), ", but the run in ", run.checkpoint.string(), " has ", found->second,
           "; leave the option out, or start a new run in another --out_dir");
  }
}

/// Refuses to go on in another number format than the run was begun in: its optimizer holds other numbers.
inline void check_same_dtype(const std::string& dtype, const earlier_run& run) {
  const auto then = run.state.run->value("dtype", std::string("float32"));  // the only one before it was noted
  demand(dtype == then, "this run would compute in ", dtype, ", but the run in ", run.checkpoint.string(),
         " was begun in ", then, "; give --dtype ", then, ", on a device that has it");
}

/// Refuses a file whose content differs from what the run was begun with; its place may change.
inline void check_same_file(const char* what, const fs::path& path, std::uint64_t now, const earlier_run& run) {
  const auto then = run.state.run->value(what, now);
  demand(then == now, what, " ", path.string(), " is not what the run in ", run.checkpoint.string(),
         " was begun with; its content differs");
}

}  // namespace program

// The run that a new one goes on with: where it is, and whether the two are the same.
#pragma once

#include "support/run_directory.hpp"
#include "train/modes.hpp"
#include "train/options.hpp"
#include <zer0/checkpoint/checkpoint.hpp>
#include <zer0/recipe/run_folder.hpp>
#include <zer0/text/tokenizer.hpp>

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

/// What --resume means, read before the options have their final values. Opens the run's folder.
inline std::optional<earlier_run> find_earlier_run(const option_set& options,
                                                   const train_options& o,
                                                   std::optional<zer0::run_folder>& folder) {
  const std::string& resume = o.resume;
  if (resume == "false") return std::nullopt;
  const bool by_name = resume == "true" || resume == "auto";
  fs::path checkpoint, run;
  if (by_name) {
    run = find_run(o.out_dir, mode_of(o.mode).run, o.sizes.dim, options.given("dim"), o.use_moe);
    checkpoint = zer0::run_folder(run).last();
  } else {
    demand(fs::is_regular_file(fs::path(resume) / "training_state.json"),
           "nothing to resume: ", resume, " is not a checkpoint of train; give a folder like ",
           "out/pretrain_512/step_00001000");
    checkpoint = fs::canonical(
        resume);  // a link, a slash at the end: the run's folder is that of its target
    run = checkpoint.parent_path();
  }
  folder.emplace(run, zer0::tokenizer::files_in(checkpoint));
  if (folder->exists() || !by_name) folder->open();
  if (by_name) checkpoint = folder->last();
  if (checkpoint.empty()) {
    demand(resume == "auto", "nothing to resume: ", run.string(),
           " has no checkpoint; start without --resume");
    folder.reset();
    return std::nullopt;
  }
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
  const auto check = [&](const std::string& name) {
    const auto found = older.find(name);
    if (found == older.end() || options.text(name) == found->second) return;
    refuse("--", name, " is ", options.text(name), ", but the run in ", run.checkpoint.string(),
           " has ", found->second,
           "; leave the option out, or start a new run in another --out_dir");
  };
  for (const char* name : defining_options) check(name);
  zer0::dims any, same;
  each_size_option(options, any, same, [&](const zer0::size_info& size, auto&, const auto&) {
    if (size.key != "vocab_size") check(std::string(size.key));
  });
}

/// Refuses to go on in another number format than the run was begun in: its optimizer holds other
/// numbers.
inline void check_same_dtype(const std::string& dtype, const earlier_run& run) {
  const auto then =
      run.state.run->value("dtype", std::string("float32"));  // the only one before it was noted
  demand(dtype == then, "this run would compute in ", dtype, ", but the run in ",
         run.checkpoint.string(), " was begun in ", then, "; give --dtype ", then,
         ", on a device that has it");
}

/// Refuses a file whose content differs from what the run was begun with; its place may change.
inline void check_same_file(const char* what, const fs::path& path, std::uint64_t now,
                            const earlier_run& run) {
  const auto then = run.state.run->value(what, now);
  demand(then == now, what, " ", path.string(), " is not what the run in ", run.checkpoint.string(),
         " was begun with; its content differs");
}

}  // namespace program

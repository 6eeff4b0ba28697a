// The course of a run as JSON Lines, to plot and to compare.
#pragma once

#include <zer0/core/detail/compiled.hpp>
#include <zer0/recipe/step_report.hpp>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

namespace zer0 {

/// A hook that writes log.jsonl in the run's folder, or a file of your own; `train` adds one if the
/// run has a folder and no such hook. Every `interval` steps, and at the end, it writes a line
/// {"step", "epoch", "loss", "learning_rate", "gradient_norm", "tokens_per_second"}, followed by
/// the loss's metrics. Loss and metrics are means since the last line, over what the loss counts
/// (target tokens or pairs). In float16 the line also has "loss_scale" and "skipped_steps". Each
/// validation adds a line {"step", "val_loss", "val_..."}. A run that goes on from a checkpoint
/// first removes the lines of later steps. If a line cannot be written it is lost; the first time,
/// there is a warning.
class json_log {
 public:
  explicit json_log(index_t interval = 100, std::filesystem::path path = {});

  template <class Run>
  void begin(const Run& run) {
    if (path_.empty() && run.folder != nullptr) path_ = run.folder->path() / "log.jsonl";
    open(run.steps_done());
  }

  template <class Run>
  void operator()(const Run& run, const step_report& step) {
    add(step, run.epoch, run.stop);
    if (run.validation) write_validation(step.step, *run.validation);
  }

  template <class Run>
  void end(const Run&) {
    flush();
  }

 private:
  struct file_closer {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  /// Throws zer0::error if the run has no folder and no path was given.
  void open(index_t steps_done);
  void keep_until(index_t step) const;
  void add(const step_report& step, index_t epoch, bool ends);
  /// Writes a line about the steps since the last line.
  void flush();
  void write_validation(index_t step, const evaluation& result);
  void write(const std::string& line);

  index_t interval_;
  std::filesystem::path path_;
  std::unique_ptr<std::FILE, file_closer> out_;
  bool warned_ = false;
  // Since the last line.
  evaluation mean_;
  index_t tokens_ = 0;
  step_report last_;
  index_t epoch_ = 0;
  std::chrono::steady_clock::time_point written_ = std::chrono::steady_clock::now();
};

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/recipe/hook/detail/json_log.ipp>
#endif

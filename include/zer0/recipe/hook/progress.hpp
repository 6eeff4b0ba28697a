// Shows how a run goes: a bar on a terminal, a line now and then elsewhere.
#pragma once

#include <zer0/core/detail/compiled.hpp>
#include <zer0/recipe/step_report.hpp>

#include <chrono>
#include <cstdio>
#include <functional>
#include <string>

namespace zer0 {

/// A hook. On a terminal a bar with loss, learning rate, speed and remaining time is redrawn at
/// most ten times a second; a file or pipe gets a line every `interval` steps and at the end. Each
/// validation is a line.
class progress {
 public:
  explicit progress(index_t interval = 100, std::FILE* out = stderr);

  template <class Run>
  void operator()(const Run& run, const step_report& step) {
    show(step, run.total_steps(), run.stop);
    if (run.validation) show_validation(step.step, *run.validation, run.best_validation);
  }

  template <class Run>
  void end(const Run&) {
    leave_bar();
  }

 private:
  using clock = std::chrono::steady_clock;

  void show(const step_report& step, index_t total, bool stop);
  void show_validation(index_t step, const evaluation& result, double best);
  /// Ends the bar's line, so that the next output begins on a new one.
  void leave_bar();
  void smooth(const step_report& step);
  [[nodiscard]] std::string bar(index_t done, index_t total) const;

  index_t interval_;
  std::FILE* out_;
  bool terminal_;
  index_t first_step_ = -1;
  index_t tokens_ = 0;
  bool in_bar_ = false;  ///< the bar is on the terminal's current line
  double smooth_loss_ = 0;
  metric_list smooth_metrics_;
  clock::time_point started_{}, drawn_{};
};

/// For the `progress` of data and of measures: shows a fraction as "what 43 %" in the last line of
/// a terminal, and takes it away at 1. Empty where `out` is no terminal.
///
///   const zer0::pretrain_records texts("texts.jsonl", {.progress =
///   zer0::show_percent("reading")});
[[nodiscard]] std::function<void(double)> show_percent(std::string what, std::FILE* out = stderr);

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/recipe/hook/detail/progress.ipp>
#endif

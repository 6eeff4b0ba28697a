// log.jsonl: the course of a run as JSON Lines, to plot and to compare.
#pragma once

#include <zer0/io/atomic_file.hpp>
#include <zer0/recipe/training_loop.hpp>

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

namespace program {

/// A hook. Every `interval` steps, and at the end, a line {"step", "epoch", "loss", ...}: the loss is the mean over the
/// target tokens (in dpo over the pairs) since the last line, as are the loss's metrics. In float16 also "loss_scale"
/// and "skipped_steps". Validation adds lines {"step", "val_loss", ...}. A resumed run goes on where its checkpoint
/// stands: what a lost part of the run wrote after it is cut off. A line that cannot be written is lost.
class train_log {
 public:
  train_log(const std::filesystem::path& path, zer0::index_t interval, zer0::index_t resumed_step)
      : interval_(interval) {
    keep_until(path, resumed_step);
    out_.open(path, std::ios::app);
    if (!out_) std::fprintf(stderr, "warning: cannot write %s\n", path.c_str());
  }

  template <class Run>
  void operator()(const Run& run, const zer0::step_report& step) {
    mean_.add(step);
    tokens_ += step.tokens;
    if (step.step % interval_ != 0 && !run.stop) return;
    const auto now = clock::now();
    const double seconds = std::chrono::duration<double>(now - last_).count();
    nlohmann::ordered_json line = {{"step", step.step},
                                   {"epoch", run.epoch},
                                   {"loss", mean_.mean()},
                                   {"learning_rate", step.learning_rate},
                                   {"gradient_norm", step.gradient_norm},
                                   {"tokens_per_second", seconds > 0 ? static_cast<double>(tokens_) / seconds : 0}};
    if (step.loss_scale != 1 || step.skipped_steps > 0) {
      line["loss_scale"] = step.loss_scale;
      line["skipped_steps"] = step.skipped_steps;
    }
    for (const zer0::metric& m : mean_.metrics()) line[std::string(m.name)] = m.value;
    write(line);
    mean_ = {};
    tokens_ = 0;
    last_ = now;
  }

  void validation(zer0::index_t step, const zer0::evaluation& result) {
    nlohmann::ordered_json line = {{"step", step}, {"val_loss", result.mean()}};
    for (const zer0::metric& m : result.metrics()) line["val_" + std::string(m.name)] = m.value;
    write(line);
  }

 private:
  using clock = std::chrono::steady_clock;

  static void keep_until(const std::filesystem::path& path, zer0::index_t step) {
    std::ifstream in(path);
    if (!in) return;
    std::string kept;
    for (std::string line; std::getline(in, line) && !in.eof();) {
      const nlohmann::json entry = nlohmann::json::parse(line, nullptr, false);
      if (entry.is_object() && entry.value("step", zer0::index_t{0}) <= step) kept += line + "\n";
    }
    if (step == 0) kept.clear();
    zer0::atomic_file file(path);
    file.write(kept);
    file.commit();
  }

  void write(const nlohmann::ordered_json& line) {
    out_.clear();
    out_ << line.dump() << '\n' << std::flush;
  }

  zer0::index_t interval_;
  std::ofstream out_;
  zer0::evaluation mean_;  ///< since the last line
  zer0::index_t tokens_ = 0;
  clock::time_point last_ = clock::now();
};

}  // namespace program

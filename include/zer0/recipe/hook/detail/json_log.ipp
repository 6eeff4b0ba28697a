// Bodies of zer0/recipe/hook/json_log.hpp.
#pragma once

#include <zer0/core/error.hpp>
#include <zer0/file/atomic.hpp>
#include <zer0/file/detail/json.hpp>
#include <zer0/recipe/hook/json_log.hpp>

#include <nlohmann/json.hpp>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

namespace zer0 {

ZER0_INLINE json_log::json_log(index_t interval, std::filesystem::path path)
    : interval_(interval), path_(std::move(path)) {
  require(interval >= 1, "json_log: the interval is ", interval, " steps; it must be at least 1");
}

ZER0_INLINE void json_log::open(index_t steps_done) {
  require(
      !path_.empty(),
      "json_log: the run has no folder to write to; give it zer0::run_folder(\"out\"), or a path");
  keep_until(steps_done);
  out_.reset(std::fopen(path_.c_str(), "a"));
  if (!out_)
    std::fprintf(stderr, "warning: cannot write %s: %s\n", path_.c_str(), std::strerror(errno));
  written_ = std::chrono::steady_clock::now();
}

ZER0_INLINE void json_log::keep_until(index_t step) const {
  std::ifstream in(path_);
  if (!in) return;
  std::string kept;
  for (std::string line; step > 0 && std::getline(in, line) && !in.eof();) {
    std::string problem;
    const nlohmann::json entry = detail::parse_document(line, problem);
    const nlohmann::json* at = detail::json_find(entry, "step");
    const bool later = at != nullptr && at->is_number_integer() && at->get<index_t>() > step;
    if (problem.empty() && entry.is_object() && !later) kept += line + "\n";
  }
  atomic_file file(path_);
  file.write(kept);
  file.commit();
}

ZER0_INLINE void json_log::add(const step_report& step, index_t epoch, bool ends) {
  mean_.add(step);
  tokens_ += step.tokens;
  last_ = step;
  epoch_ = epoch;
  if (step.step % interval_ == 0 || ends) flush();
}

ZER0_INLINE void json_log::flush() {
  if (tokens_ == 0) return;
  const auto now = std::chrono::steady_clock::now();
  const double seconds = std::chrono::duration<double>(now - written_).count();
  std::vector<detail::json_field<nlohmann::json>> line = {
      {"step", last_.step},
      {"epoch", epoch_},
      {"loss", mean_.mean()},
      {"learning_rate", last_.learning_rate},
      {"gradient_norm", last_.gradient_norm},
      {"tokens_per_second", seconds > 0 ? static_cast<double>(tokens_) / seconds : 0.0}};
  if (last_.loss_scale != 1 || last_.skipped_steps > 0) {
    line.emplace_back("loss_scale", last_.loss_scale);
    line.emplace_back("skipped_steps", last_.skipped_steps);
  }
  for (const metric& m : mean_.metrics()) line.emplace_back(std::string(m.name).c_str(), m.value);
  write(detail::json_line(line));
  mean_ = {};
  tokens_ = 0;
  written_ = now;
}

ZER0_INLINE void json_log::write_validation(index_t step, const evaluation& result) {
  std::vector<detail::json_field<nlohmann::json>> line = {{"step", step},
                                                          {"val_loss", result.mean()}};
  for (const metric& m : result.metrics())
    line.emplace_back(("val_" + std::string(m.name)).c_str(), m.value);
  write(detail::json_line(line));
}

ZER0_INLINE void json_log::write(const std::string& line) {
  if (!out_) return;
  const bool written =
      std::fprintf(out_.get(), "%s\n", line.c_str()) > 0 && std::fflush(out_.get()) == 0;
  if (!written && !std::exchange(warned_, true))
    std::fprintf(stderr, "\nwarning: a line of %s could not be written: %s\n", path_.c_str(),
                 std::strerror(errno));
  std::clearerr(out_.get());
}

}  // namespace zer0

// Shows how a run goes: a bar on a terminal, a line now and then elsewhere.
#pragma once

#include <zer0/recipe/training_loop.hpp>

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string>

namespace zer0 {

/// A hook. On a terminal a bar with loss, learning rate, speed and remaining time is redrawn at most ten times a
/// second; a file or pipe gets a line every `interval` steps and at the end.
class progress {
 public:
  explicit progress(index_t interval = 100, std::FILE* out = stderr)
      : interval_(std::max<index_t>(interval, 1)), out_(out), terminal_(isatty(fileno(out)) == 1) {}

  template <class Run>
  void operator()(const Run& run, const step_report& step) {
    const auto now = clock::now();
    if (first_step_ < 0) {
      first_step_ = step.step;
      started_ = now;
    } else {
      tokens_ += step.tokens;
    }
    smooth(step);
    const index_t total = run.total_steps();
    const bool last = step.step >= total || run.stop;
    const bool due = terminal_ ? seconds(drawn_, now) > 0.1 : step.step % interval_ == 0;
    if (!due && !last) return;
    drawn_ = now;
    const double elapsed = seconds(started_, now);
    const index_t done = step.step - first_step_;
    const double left = done > 0 ? elapsed / static_cast<double>(done) * static_cast<double>(total - step.step) : 0;
    const double speed = elapsed > 0 ? static_cast<double>(tokens_) / elapsed : 0;
    std::fprintf(out_, "%s%sstep %ld/%ld  loss %.4f", terminal_ ? "\r" : "", bar(step.step, total).c_str(),
                 static_cast<long>(step.step), static_cast<long>(total), smooth_loss_);
    for (std::size_t i = 0; i < std::min(metric_list::shown, smooth_metrics_.size()); ++i)
      std::fprintf(out_, "  %.*s %.3f", static_cast<int>(smooth_metrics_[i].name.size()),
                   smooth_metrics_[i].name.data(), smooth_metrics_[i].value);
    std::fprintf(out_, "  lr %.2e  norm %.2f  %.0f tokens/s  %s left%s", step.learning_rate, step.gradient_norm, speed,
                 time_text(left).c_str(), terminal_ && !last ? "\x1b[K" : "\n");
    std::fflush(out_);
  }

 private:
  using clock = std::chrono::steady_clock;
  static double seconds(clock::time_point from, clock::time_point to) {
    return std::chrono::duration<double>(to - from).count();
  }

  void smooth(const step_report& step) {
    const bool first = first_step_ == step.step;
    smooth_loss_ = first ? step.loss : 0.95 * smooth_loss_ + 0.05 * step.loss;
    if (first) smooth_metrics_ = {};
    for (metric& m : smooth_metrics_) m.value *= 0.95;
    smooth_metrics_.add(step.metrics, first ? 1 : 0.05);
  }

  [[nodiscard]] std::string bar(index_t done, index_t total) const {
    if (!terminal_) return "";
    constexpr index_t width = 24;
    const index_t full = std::min(width, width * done / std::max<index_t>(total, 1));
    return "[" + std::string(static_cast<std::size_t>(full), '#') +
           std::string(static_cast<std::size_t>(width - full), '.') + "] ";
  }

  static std::string time_text(double s) {
    char text[32];
    const auto t = static_cast<long>(s + 0.5);
    if (t >= 3600)
      std::snprintf(text, sizeof text, "%ld:%02ld:%02ld", t / 3600, t / 60 % 60, t % 60);
    else
      std::snprintf(text, sizeof text, "%ld:%02ld", t / 60, t % 60);
    return text;
  }

  index_t interval_;
  std::FILE* out_;
  bool terminal_;
  index_t first_step_ = -1;
  index_t tokens_ = 0;
  double smooth_loss_ = 0;
  metric_list smooth_metrics_;
  clock::time_point started_{}, drawn_{};
};

}  // namespace zer0

// Bodies of zer0/recipe/hook/progress.hpp.
#pragma once

#include <zer0/recipe/hook/progress.hpp>

#include <unistd.h>

#include <algorithm>
#include <utility>

namespace zer0 {
namespace detail {

ZER0_INLINE double seconds_between(std::chrono::steady_clock::time_point from,
                                   std::chrono::steady_clock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

ZER0_INLINE std::string time_text(double s) {
  char text[32];
  const auto t = static_cast<long>(s + 0.5);
  if (t >= 3600)
    std::snprintf(text, sizeof text, "%ld:%02ld:%02ld", t / 3600, t / 60 % 60, t % 60);
  else
    std::snprintf(text, sizeof text, "%ld:%02ld", t / 60, t % 60);
  return text;
}

}  // namespace detail

ZER0_INLINE progress::progress(index_t interval, std::FILE* out)
    : interval_(std::max<index_t>(interval, 1)), out_(out), terminal_(isatty(fileno(out)) == 1) {}

ZER0_INLINE void progress::show(const step_report& step, index_t total, bool stop) {
  const auto now = clock::now();
  if (first_step_ < 0) {
    first_step_ = step.step;
    started_ = now;
  } else {
    tokens_ += step.tokens;
  }
  smooth(step);
  const bool last = step.step >= total || stop;
  const bool due =
      terminal_ ? detail::seconds_between(drawn_, now) > 0.1 : step.step % interval_ == 0;
  if (!due && !last) return;
  drawn_ = now;
  const double elapsed = detail::seconds_between(started_, now);
  const index_t done = step.step - first_step_;
  const double left =
      done > 0 ? elapsed / static_cast<double>(done) * static_cast<double>(total - step.step) : 0;
  const double speed = elapsed > 0 ? static_cast<double>(tokens_) / elapsed : 0;
  std::fprintf(out_, "%s%sstep %ld/%ld  loss %.4f", terminal_ ? "\r" : "",
               bar(step.step, total).c_str(), static_cast<long>(step.step),
               static_cast<long>(total), smooth_loss_);
  for (std::size_t i = 0; i < std::min(metric_list::shown, smooth_metrics_.size()); ++i)
    std::fprintf(out_, "  %.*s %.3f", static_cast<int>(smooth_metrics_[i].name.size()),
                 smooth_metrics_[i].name.data(), smooth_metrics_[i].value);
  std::fprintf(out_, "  lr %.2e  norm %.2f  %.0f tokens/s  %s left%s", step.learning_rate,
               step.gradient_norm, speed, detail::time_text(left).c_str(),
               terminal_ && !last ? "\x1b[K" : "\n");
  in_bar_ = terminal_ && !last;
  std::fflush(out_);
}

ZER0_INLINE void progress::show_validation(index_t step, const evaluation& result, double best) {
  leave_bar();
  std::fprintf(out_, "step %ld: validation loss %.6g", static_cast<long>(step), result.mean());
  const metric_list metrics = result.metrics();
  for (std::size_t i = 0; i < std::min(metric_list::shown, metrics.size()); ++i)
    std::fprintf(out_, ", %.*s %.6g", static_cast<int>(metrics[i].name.size()),
                 metrics[i].name.data(), metrics[i].value);
  std::fputs(result.mean() < best ? ", the best so far\n" : "\n", out_);
  std::fflush(out_);
}

ZER0_INLINE void progress::leave_bar() {
  if (in_bar_) std::fputc('\n', out_);
  in_bar_ = false;
}

ZER0_INLINE void progress::smooth(const step_report& step) {
  const bool first = first_step_ == step.step;
  smooth_loss_ = first ? step.loss : 0.95 * smooth_loss_ + 0.05 * step.loss;
  if (first) smooth_metrics_ = {};
  for (metric& m : smooth_metrics_) m.value *= 0.95;
  smooth_metrics_.add(step.metrics, first ? 1 : 0.05);
}

ZER0_INLINE std::string progress::bar(index_t done, index_t total) const {
  if (!terminal_) return "";
  constexpr index_t width = 24;
  const index_t full = std::min(width, width * done / std::max<index_t>(total, 1));
  return "[" + std::string(static_cast<std::size_t>(full), '#') +
         std::string(static_cast<std::size_t>(width - full), '.') + "] ";
}

ZER0_INLINE std::function<void(double)> show_percent(std::string what, std::FILE* out) {
  if (isatty(fileno(out)) != 1) return {};
  return [what = std::move(what), out, shown = -1](double fraction) mutable {
    const int percent = static_cast<int>(fraction * 100);
    if (percent == shown) return;
    shown = percent;
    if (percent < 100)
      std::fprintf(out, "\r%s %d %%\x1b[K", what.c_str(), percent);
    else
      std::fputs("\r\x1b[K", out);
    std::fflush(out);
  };
}

}  // namespace zer0

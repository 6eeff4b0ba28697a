// The reports of a step and of an evaluation, the metrics that a loss may add to them, and hooks.
#pragma once

#include <zer0/core/detail/compiled.hpp>
#include <zer0/core/types.hpp>

#include <array>
#include <cstddef>
#include <string_view>

namespace zer0 {

/// How many metrics a loss has. It names them by `static constexpr std::array metrics{"accuracy",
/// ...}`, and adds the sum of each to totals[1], totals[2], ... in that order, as it adds its own
/// to totals[0]; the means of all are taken alike.
template <class Loss>
inline constexpr index_t metrics_of = [] {
  if constexpr (requires { Loss::metrics; })
    return static_cast<index_t>(Loss::metrics.size());
  else
    return index_t{0};
}();

struct metric {
  std::string_view name;
  double value = 0;
};

/// Up to 16 metrics, in the order of the loss; allocates nothing.
class metric_list {
 public:
  static constexpr std::size_t capacity = 16;
  static constexpr std::size_t shown =
      2;  ///< so many of the first metrics are shown to people beside the loss

  void push_back(const metric& m);
  [[nodiscard]] const metric* begin() const { return metrics_.data(); }
  [[nodiscard]] const metric* end() const { return metrics_.data() + size_; }
  [[nodiscard]] metric* begin() { return metrics_.data(); }
  [[nodiscard]] metric* end() { return metrics_.data() + size_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] const metric& operator[](std::size_t i) const { return metrics_[i]; }
  /// The metric of that name; if there is none, a new one of value 0 is added.
  [[nodiscard]] metric& named(std::string_view name);
  /// The value of a metric. Throws zer0::error if there is none of that name.
  [[nodiscard]] double at(std::string_view name) const;

  /// this += factor * other, name by name. An empty list first takes the names of the other.
  void add(const metric_list& other, double factor);

 private:
  std::array<metric, capacity> metrics_{};
  std::size_t size_ = 0;
};

struct step_report {
  index_t step = 0;  ///< steps done, this one and skipped ones included
  double loss = 0;   ///< the mean that the normalization defines
  double gradient_norm =
      0;  ///< 2-norm over all gradients, before clipping; not finite if the step was skipped
  double learning_rate = 0;
  index_t tokens = 0;        ///< tokens that went through the model
  double target_tokens = 0;  ///< tokens that were learned from
  double counted =
      0;  ///< how many target tokens or pairs `loss` is the mean of, as the normalization counts
  double loss_scale = 1;      ///< used in this step; other than 1 only in float16
  index_t skipped_steps = 0;  ///< steps since the start whose gradients overflowed; only in float16
  metric_list metrics = {};   ///< of the loss and of layers; means, as `loss` is
};

/// Sums of a loss and its metrics over batches or over steps, and what to divide them by.
struct evaluation {
  double loss_sum = 0;
  double counted = 0;
  metric_list sums = {};

  [[nodiscard]] double mean() const { return counted > 0 ? loss_sum / counted : 0; }
  [[nodiscard]] metric_list metrics() const;
  void add(const evaluation& other);
  /// Adds a step's means, multiplied by what they are means over.
  void add(const step_report& step);
};

/// A hook of training is anything that can be called as hook(run, step_report) after each step. It
/// may have more members, and `train` calls those that are there:
///
///   begin(run)                 before the first step, after the run's last checkpoint is loaded
///   end(run)                   after the last step, or when the run is stopped
///   save(folder) const         writes the hook's state into a checkpoint that is being written
///   load(folder)               reads that state, before `begin`, when a run is resumed
///   asks_to_stop() const       after each micro-batch: true ends the run
///   static constexpr hook_order order    when it is called among the others; `middle` without it
///
/// Hooks of the same order are called in the order they are given. A hook that sets run.stop = true
/// ends the run after this step.
enum class hook_order {
  first,   ///< measures what other hooks read (validation)
  middle,  ///< reads it
  last,    ///< saves the state of all hooks (checkpoints)
};
inline constexpr hook_order hook_orders[] = {hook_order::first, hook_order::middle,
                                             hook_order::last};

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/recipe/detail/step_report.ipp>
#endif

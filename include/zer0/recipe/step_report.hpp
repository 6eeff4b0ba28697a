// What a step and an evaluation report, the further numbers that a loss may measure, and the hooks
// that are told.
#pragma once

#include <zer0/core/detail/compiled.hpp>
#include <zer0/core/types.hpp>

#include <array>
#include <cstddef>
#include <string_view>

namespace zer0 {

/// A loss names what it measures besides itself by `static constexpr std::array metrics{"accuracy",
/// ...}`, and adds to totals[1], totals[2], ... in that order what it adds to totals[0] for the
/// loss: sums, of which means are taken alike.
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
      2;  ///< the first ones, which stand beside the loss wherever a person looks

  void push_back(const metric& m);
  [[nodiscard]] const metric* begin() const { return metrics_.data(); }
  [[nodiscard]] const metric* end() const { return metrics_.data() + size_; }
  [[nodiscard]] metric* begin() { return metrics_.data(); }
  [[nodiscard]] metric* end() { return metrics_.data() + size_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] const metric& operator[](std::size_t i) const { return metrics_[i]; }
  /// The metric of that name; a new one, 0, if there is none.
  [[nodiscard]] metric& named(std::string_view name);
  /// Throws zer0::error if there is no such metric.
  [[nodiscard]] double at(std::string_view name) const;

  /// this += factor * other, name by name; an empty list takes the names of the other.
  void add(const metric_list& other, double factor);

 private:
  std::array<metric, capacity> metrics_{};
  std::size_t size_ = 0;
};

struct step_report {
  index_t step = 0;  ///< steps done, this one and skipped ones included
  double loss = 0;   ///< as the normalization defines it
  double gradient_norm =
      0;  ///< 2-norm over all gradients, before clipping; not finite if the step was skipped
  double learning_rate = 0;
  index_t tokens = 0;        ///< that went through the model
  double target_tokens = 0;  ///< that were learned from
  double counted =
      0;  ///< what the loss is the mean over, as the normalization counts: target tokens, or pairs
  double loss_scale = 1;      ///< of this step; other than 1 only in float16
  index_t skipped_steps = 0;  ///< since the start, as their gradients overflowed; only in float16
  metric_list metrics = {};   ///< of the loss, means as `loss` is
};

/// Sums over batches, or over steps.
struct evaluation {
  double loss_sum = 0;
  double counted = 0;
  metric_list sums = {};

  [[nodiscard]] double mean() const { return counted > 0 ? loss_sum / counted : 0; }
  [[nodiscard]] metric_list metrics() const;
  void add(const evaluation& other);
  /// A step as often as it counted.
  void add(const step_report& step);
};

/// A hook of training is anything that can be called as hook(run, step_report) after each step. It
/// may have more members, and `train` calls those that are there:
///
///   begin(run)                 before the first step, when the run stands where it goes on
///   end(run)                   after the last step, or when the run is stopped
///   save(folder) const         writes what it has become into a checkpoint that is being written
///   load(folder)               reads that back, before `begin`, when a run goes on
///   asks_to_stop() const       after each micro-batch: true ends the run
///   static constexpr hook_order order    when it is called among the others; `middle` without it
///
/// Hooks of the same order are called in the order they are given. A hook ends the run after this
/// step by run.stop = true.
enum class hook_order {
  first,   ///< measures what others look at (validation)
  middle,  ///< looks at it
  last,    ///< saves what all have become (checkpoints)
};
inline constexpr hook_order hook_orders[] = {hook_order::first, hook_order::middle,
                                             hook_order::last};

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/recipe/detail/step_report.ipp>
#endif

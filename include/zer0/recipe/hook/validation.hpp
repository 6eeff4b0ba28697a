// Validation now and then during training.
#pragma once

#include <zer0/core/error.hpp>
#include <zer0/recipe/step_report.hpp>

namespace zer0 {

/// A hook that computes the loss over all of `data`, without dropout, every `interval` steps and
/// after the last one. Other hooks read the result in run.validation: json_log writes it,
/// checkpoints choose the best model by it, early_stopping looks at it. The data must outlive the
/// hook.
///
///   zer0::pretrain_data held_out(texts.val, tok, options);
///   recipe(llm, data, zer0::validation(held_out, 200), zer0::early_stopping());
template <class Data>
class validation {
 public:
  static constexpr hook_order order = hook_order::first;

  /// Throws zer0::error for an interval below 1.
  explicit validation(Data& data, index_t interval = 100) : validation(&data, interval) {}
  /// With null data the hook does nothing.
  explicit validation(Data* data, index_t interval = 100) : data_(data), interval_(interval) {
    require(interval >= 1, "validation: the interval is ", interval,
            " steps; it must be at least 1");
  }

  template <class Run>
  void begin(Run& run) {
    run.validates = data_ != nullptr;
  }

  template <class Run>
  void operator()(Run& run, const step_report& step) {
    const bool due = step.step % interval_ == 0 || step.step >= run.total_steps();
    if (data_ != nullptr && due) run.validation = validate(run.trainer, *data_);
  }

 private:
  Data* data_;
  index_t interval_;
};

}  // namespace zer0

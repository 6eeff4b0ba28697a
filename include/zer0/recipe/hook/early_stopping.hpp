// Ending a run that no longer gets better.
#pragma once

#include <zer0/core/detail/compiled.hpp>
#include <zer0/core/error.hpp>
#include <zer0/recipe/step_report.hpp>

#include <filesystem>
#include <limits>

namespace zer0 {

struct early_stopping_options {
  index_t patience = 3;   ///< the run ends after so many validations in a row without a gain
  double least_gain = 0;  ///< how far below the best loss so far a loss must be to count as a gain
};

/// A hook that ends the run when its validation loss has not fallen for a while. It needs
/// `validation`. A run that it has ended takes no more steps when it is started again, unless the
/// patience is greater then.
class early_stopping {
 public:
  /// Throws zer0::error for a value out of range.
  explicit early_stopping(early_stopping_options options = {});

  /// Throws zer0::error if the run does not validate.
  template <class Run>
  void begin(Run& run) {
    require(
        run.validates,
        "early_stopping: the run has no validation to wait for; give it zer0::validation(data)");
    run.stop = run.stop || stopped();
  }

  template <class Run>
  void operator()(Run& run, const step_report&) {
    if (run.validation) look(run.validation->mean());
    run.stop = run.stop || stopped();
  }

  /// Writes early_stopping.json.
  void save(const std::filesystem::path& checkpoint) const;
  void load(const std::filesystem::path& checkpoint);

  [[nodiscard]] bool stopped() const { return misses_ >= options_.patience; }

 private:
  void look(double loss);

  early_stopping_options options_;
  double best_ = std::numeric_limits<double>::max();
  index_t misses_ = 0;
};

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/recipe/hook/detail/early_stopping.ipp>
#endif

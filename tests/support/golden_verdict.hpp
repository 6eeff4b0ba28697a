// How far a computation is from golden numbers, tensor by tensor.
#pragma once

#include "support/golden_file.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>
#include <string>
#include <type_traits>
#include <vector>

namespace support::golden {

/// The differences to allow, relative to a tensor's largest element: a few times what float32 and
/// float64 runs of the reference implementation differ by ("Tolerances" of the goldens' README).
namespace allow {
inline constexpr double exact = 0;
inline constexpr double layer_output = 3e-6;
inline constexpr double layer_gradient = 1e-5;
inline constexpr double activation = 1e-5;  // logits too
inline constexpr double log_probability = 5e-6;
inline constexpr double loss = 5e-6;  // gradient norms too
inline constexpr double model_gradient = 3e-5;
inline constexpr double adamw = 2e-6;
inline constexpr double curve = 1e-4;  // losses and gradient norms of a whole run
inline constexpr double early_parameters = 2e-4;
inline constexpr double final_parameters_norm = 1e-3;
inline constexpr double final_parameters = 5e-3;
inline constexpr double probability = 1e-5;
inline constexpr double rounding = 1e-6;       // a double that the file holds as a float
inline constexpr double double_scalar = 1e-9;  // the reference device against a float64 run
}  // namespace allow

struct comparison {
  std::string what;  ///< tensor and device
  double error = 0;  ///< max|a-b| / max|b|, or as `what` says
  double allowed = 0;
  [[nodiscard]] bool passed() const { return error <= allowed; }
  /// Error in units of what is allowed.
  [[nodiscard]] double load() const {
    if (allowed > 0) return error / allowed;
    return error > 0 ? std::numeric_limits<double>::infinity() : 0;
  }
};

/// max|a-b| / max|b|; infinite if a number is NaN or there are more or fewer of them than expected.
inline double largest_error(const numbers& actual, const numbers& expected) {
  constexpr double hopeless = std::numeric_limits<double>::infinity();
  if (actual.size() != expected.size()) return hopeless;
  double worst = 0;
  double largest = 0;
  for (std::size_t i = 0; i < actual.size(); ++i) {
    const double wrong = std::abs(actual[i] - expected[i]);
    if (std::isnan(wrong)) return hopeless;
    worst = std::max(worst, wrong);
    largest = std::max(largest, std::abs(expected[i]));
  }
  if (worst == 0) return 0;
  return largest > 0 ? worst / largest : hopeless;
}

/// The same with 2-norms.
inline double norm_error(const numbers& actual, const numbers& expected) {
  if (actual.size() != expected.size()) return std::numeric_limits<double>::infinity();
  double wrong = 0;
  double size = 0;
  for (std::size_t i = 0; i < actual.size(); ++i) {
    wrong += (actual[i] - expected[i]) * (actual[i] - expected[i]);
    size += expected[i] * expected[i];
  }
  const double error = wrong == 0 ? 0 : std::sqrt(wrong / size);
  return std::isnan(error) ? std::numeric_limits<double>::infinity() : error;
}

/// All comparisons of one file.
class verdict {
 public:
  /// Names the device of the comparisons that follow. `exact_scalars`: it computes in double, so
  /// that the scalars of the file's float64 run apply.
  void on(std::string device, bool exact_scalars = false) {
    device_ = std::move(device);
    exact_scalars_ = exact_scalars;
  }

  void compare(const std::string& what, const numbers& actual, const numbers& expected,
               double allowed) {
    note(what, largest_error(actual, expected), allowed);
  }
  /// With a tensor of the file.
  void compare(file& f, const std::string& tensor, const numbers& actual, double allowed) {
    compare(tensor, actual, f.values(tensor), allowed);
  }
  void compare_norm(file& f, const std::string& tensor, const numbers& actual, double allowed) {
    note(tensor + " (2-norm)", norm_error(actual, f.values(tensor)), allowed);
  }
  /// With a scalar of the metadata, and with that of the float64 run where the device is exact.
  void compare_scalar(const file& f, const std::string& key, double actual, double allowed) {
    compare(key, {actual}, {f.number(key)}, allowed);
    if (exact_scalars_ && f.has_meta("f64." + key))
      compare("f64." + key, {actual}, {f.number("f64." + key)}, allow::double_scalar);
  }
  /// Ids, sets and the like: no difference at all.
  template <class T>
  void equal(const std::string& what, const std::vector<T>& actual,
             const std::vector<T>& expected) {
    note(what, actual == expected ? 0 : std::numeric_limits<double>::infinity(), allow::exact);
  }
  void note(const std::string& what, double error, double allowed) {
    comparisons_.push_back({device_.empty() ? what : what + ", " + device_, error, allowed});
  }

  /// Fails each tensor of the file that nothing was compared with.
  void expect_all_used(const file& f) {
    on("");
    for (const std::string& name : f.unused())
      note(name + " was not compared", std::numeric_limits<double>::infinity(), allow::exact);
  }

  [[nodiscard]] const std::vector<comparison>& comparisons() const { return comparisons_; }
  [[nodiscard]] bool passed() const {
    return !comparisons_.empty() && std::ranges::all_of(comparisons_, &comparison::passed);
  }
  /// The comparison that is closest to its limit, or farthest beyond.
  [[nodiscard]] comparison worst() const {
    comparison found;
    for (const comparison& c : comparisons_)
      if (found.what.empty() || c.load() > found.load()) found = c;
    return found;
  }
  /// "1.2e-06 of 1e-05 allowed: logits, cpu flash"
  [[nodiscard]] std::string text() const {
    const comparison c = worst();
    std::ostringstream out;
    out.precision(2);
    out << std::scientific << c.error << " of " << c.allowed << " allowed: " << c.what;
    return out.str();
  }

 private:
  std::string device_;
  bool exact_scalars_ = false;
  std::vector<comparison> comparisons_;
};

}  // namespace support::golden

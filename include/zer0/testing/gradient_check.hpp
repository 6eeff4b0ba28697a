// Does a gradient agree with the function it belongs to? Finite differences at random coordinates
// and along directions.
//
// For whoever writes a layer, a loss or a kernel:
//
//   const auto report = zer0::check_gradient(device, model.weights(), model.gradients(),
//                                            [&] { return loss(); });
//   CHECK(report.worst < 1e-6);
//
// No test framework is needed; `report.text()` says where the largest error is.
#pragma once

#include <zer0/device/memory.hpp>
#include <zer0/device/ops/memory.hpp>

#include <cmath>
#include <limits>
#include <random>
#include <sstream>
#include <string>
#include <vector>

namespace zer0 {

struct gradient_check_options {
  int coordinates = 16;  ///< single values, drawn at random; useless in float, where the rounding
                         ///< of the loss exceeds the effect of one value
  int directions = 4;  ///< random directions through all values at once, and one along the gradient
  double step =
      0;  ///< step of the differences, times the values' root mean square; 0: eps^(1/3) of the type
  std::uint64_t seed = 1;  ///< of the random coordinates and directions
};

/// The largest disagreement. Errors are relative: a coordinate's error is divided by the larger of
/// its own gradient and the gradient's root mean square, a direction's error by the larger of the
/// derivative and the gradient's norm.
struct gradient_report {
  double worst = 0;
  index_t coordinate = -1;  ///< index of the value; -1: the largest error is along a direction
  double numeric = 0;       ///< derivative by finite differences
  double analytic = 0;      ///< derivative by the gradient

  /// "coordinate 17: 0.25 by differences, 0.5 by the gradient (error 0.5)"
  [[nodiscard]] std::string text() const {
    std::ostringstream out;
    if (coordinate < 0)
      out << "a direction: ";
    else
      out << "coordinate " << coordinate << ": ";
    out << numeric << " by differences, " << analytic << " by the gradient (error " << worst << ")";
    return out.str();
  }
};

namespace detail {

/// Evaluates a loss at values moved along a direction. The values on the device are restored at the
/// end.
template <class Device, class Real, class Loss>
class gradient_checker {
 public:
  gradient_checker(Device& device, std::span<Real> values, std::span<const Real> gradient,
                   Loss& loss, const gradient_check_options& options)
      : device_(device),
        values_(values),
        loss_(loss),
        start_(values.size()),
        gradient_(gradient.size()),
        moved_(values.size()),
        random_(options.seed) {
    require(values.size() == gradient.size() && !values.empty(), "check_gradient: ", values.size(),
            " values and ", gradient.size(), " gradients; there must be one of each");
    device_.synchronize();
    device_.download(start_.data(), values.data(), values.size() * sizeof(Real));
    device_.download(gradient_.data(), gradient.data(), gradient.size() * sizeof(Real));
    const double root = std::sqrt(static_cast<double>(values.size()));
    const double rms = norm(start_) / root;
    norm_ = norm(gradient_);
    typical_ = norm_ / root;
    const double relative =
        options.step > 0 ? options.step : std::pow(std::numeric_limits<Real>::epsilon(), 1.0 / 3);
    step_ = relative * (rms > 0 ? rms : 1);
  }
  gradient_checker(const gradient_checker&) = delete;
  gradient_checker& operator=(const gradient_checker&) = delete;
  ~gradient_checker() { upload(start_); }

  gradient_report run(const gradient_check_options& options) {
    for (int i = 0; i < options.coordinates; ++i) coordinate();
    for (int i = 0; i < options.directions; ++i) direction();
    steepest();
    return report_;
  }

 private:
  void coordinate() {
    const auto at = std::uniform_int_distribution<std::size_t>(0, start_.size() - 1)(random_);
    const double numeric = derivative([&](std::size_t i) { return i == at ? 1.0 : 0.0; });
    const auto analytic = static_cast<double>(gradient_[at]);
    note(static_cast<index_t>(at), numeric, analytic, std::max(std::abs(analytic), typical_));
  }

  /// Steps of equal size and random sign in all values: the derivative is about the gradient's
  /// norm.
  void direction() {
    std::vector<double> u(start_.size());
    for (double& e : u) e = random_() % 2 ? 1 : -1;
    along(u);
  }
  /// Along the gradient the loss changes most, and rounding of the loss matters least.
  void steepest() {
    if (norm_ == 0) return;
    std::vector<double> u(gradient_.begin(), gradient_.end());
    double largest = 0;
    for (const double e : u) largest = std::max(largest, std::abs(e));
    for (double& e : u) e /= largest;
    along(u);
  }

  static double norm(const std::vector<Real>& x) {
    double squares = 0;
    for (const Real e : x) squares += static_cast<double>(e) * static_cast<double>(e);
    return std::sqrt(squares);
  }

  void along(const std::vector<double>& u) {
    double analytic = 0;
    for (std::size_t i = 0; i < u.size(); ++i) analytic += u[i] * static_cast<double>(gradient_[i]);
    note(-1, derivative([&](std::size_t i) { return u[i]; }), analytic,
         std::max(std::abs(analytic), norm_));
  }

  /// Central difference of fourth order. Its error grows as step^4, so the step may be large, which
  /// keeps the rounding error small.
  template <class Direction>
  double derivative(Direction u) {
    const auto at = [&](double step) {
      for (std::size_t i = 0; i < moved_.size(); ++i)
        moved_[i] = static_cast<Real>(static_cast<double>(start_[i]) + step * u(i));
      upload(moved_);
      return static_cast<double>(loss_());
    };
    const double near = at(step_) - at(-step_);
    const double far = at(2 * step_) - at(-2 * step_);
    return (8 * near - far) / (12 * step_);
  }

  void upload(const std::vector<Real>& from) {
    device_.upload(values_.data(), from.data(), from.size() * sizeof(Real));
    device_.synchronize();
  }

  void note(index_t where, double numeric, double analytic, double scale) {
    double wrong =
        std::abs(numeric - analytic) / std::max(scale, std::numeric_limits<double>::min());
    if (std::isnan(wrong)) wrong = std::numeric_limits<double>::infinity();
    if (wrong >= report_.worst) report_ = {wrong, where, numeric, analytic};
  }

  Device& device_;
  std::span<Real> values_;
  Loss& loss_;
  std::vector<Real> start_, gradient_, moved_;
  std::mt19937_64 random_;
  double norm_ = 0, typical_ = 0, step_ = 0;
  gradient_report report_;
};

}  // namespace detail

/// Compares `gradient` with finite differences of `loss()`, which computes a number from `values`.
/// It must use the same random numbers at every call (dropout of the same step). Values and
/// gradient are memory of `device`; the values are restored at the end. Calls the loss four times
/// for each coordinate and direction.
///
/// What to demand. `reference` (double): worst < 1e-7 for smooth layers. A device in float with
/// `coordinates = 0`: a small whole model was measured to agree to 2e-4 with steps of 0.001 to
/// 0.003; larger steps show the function's fifth derivative, smaller ones the loss's rounding.
/// Demand 1e-3 to 1e-2. A wrong formula is off by 1e-1 and more.
template <device Device, class Loss>
[[nodiscard]] gradient_report check_gradient(Device& device,
                                             std::span<typename Device::real> values,
                                             std::span<const typename Device::real> gradient,
                                             Loss loss,
                                             const gradient_check_options& options = {}) {
  detail::gradient_checker<Device, typename Device::real, Loss> checker(device, values, gradient,
                                                                        loss, options);
  return checker.run(options);
}

/// The same for a function of values in host memory, without a device.
template <std::floating_point Real, class Loss>
[[nodiscard]] gradient_report check_gradient(std::span<Real> values, std::span<const Real> gradient,
                                             Loss loss,
                                             const gradient_check_options& options = {}) {
  host_memory host;
  detail::gradient_checker<host_memory, Real, Loss> checker(host, values, gradient, loss, options);
  return checker.run(options);
}

}  // namespace zer0

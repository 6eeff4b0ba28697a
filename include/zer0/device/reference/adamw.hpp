// AdamW of the reference device.
#pragma once

#include <zer0/device/reference/device.hpp>

#include <cmath>

namespace zer0 {

inline void adamw_update(reference&, const adamw_sizes& s, std::span<double> parameters,
                         std::span<const double> gradients, std::span<double> first, std::span<double> second) {
  const double correction1 = 1 - std::pow(s.beta1, s.step);
  const double correction2 = std::sqrt(1 - std::pow(s.beta2, s.step));
  const double scale = detail::gradient_factor(s.gradient);
  if (!std::isfinite(scale)) return;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const double g = gradients[i] * scale;
    parameters[i] *= 1 - s.learning_rate * s.weight_decay;
    first[i] = s.beta1 * first[i] + (1 - s.beta1) * g;
    second[i] = s.beta2 * second[i] + (1 - s.beta2) * g * g;
    parameters[i] -= s.learning_rate / correction1 * first[i] / (std::sqrt(second[i]) / correction2 + s.eps);
  }
}

}  // namespace zer0

// Body of the cpu device's AdamW.
#pragma once

#include <zer0/device/cpu.hpp>
#include <zer0/device/detail/cpu/parallel.hpp>

#include <cmath>

namespace zer0 {

ZER0_INLINE void adamw_update(cpu&, const adamw_sizes& s, const adamw_operands<cpu>& of) {
  const auto b1 = static_cast<float>(s.beta1);
  const auto b2 = static_cast<float>(s.beta2);
  const auto rest1 = static_cast<float>(1 - s.beta1);
  const auto rest2 = static_cast<float>(1 - s.beta2);
  const auto keep = static_cast<float>(1 - s.learning_rate * s.weight_decay);
  const auto step = static_cast<float>(s.learning_rate / (1 - std::pow(s.beta1, s.step)));
  const auto root = static_cast<float>(1 / std::sqrt(1 - std::pow(s.beta2, s.step)));
  const auto eps = static_cast<float>(s.eps);
  const auto factor = static_cast<float>(s.gradient_factor);
  float* const p = of.weights.data();
  float* const m = of.first.data();
  float* const v = of.second.data();
  const float* const gradient = of.gradients.data();
  const auto update = [=](index_t begin, index_t end) {
#pragma omp simd
    for (index_t i = begin; i < end; ++i) {
      const float g = gradient[i] * factor;
      m[i] = b1 * m[i] + rest1 * g;
      v[i] = b2 * v[i] + rest2 * g * g;
      p[i] = keep * p[i] - step * m[i] / (std::sqrt(v[i]) * root + eps);
    }
  };
  detail::parallel_for_ranges(static_cast<index_t>(of.weights.size()), update);
}

}  // namespace zer0

// AdamW of the cuda device: one pass over all buffers.
#pragma once

#include <zer0/device/cuda/vector.cuh>

#include <cmath>

namespace zer0 {
namespace gpu {

struct adamw_numbers {
  float b1, b2, rest1, rest2, keep, step, root, eps;
  gradient_scaling scaling;
};

/// detail::gradient_factor, which reads memory of the host, for the device: not finite if a sum is not.
__device__ inline double gradient_factor(const gradient_scaling& s) {
  if (s.loss != nullptr && !isfinite(*s.loss)) return *s.loss;
  if (s.squares == nullptr) return s.factor;
  const double norm = s.factor * sqrt(*s.squares);
  if (!isfinite(norm)) return norm;
  return s.max_norm > 0 ? s.factor * fmin(1.0, s.max_norm / (norm + 1e-6)) : s.factor;
}

/// `rounded` are the 16-bit weights, or null.
template <class T>
__global__ void adamw_kernel(adamw_numbers a, index_t n, T* rounded, float* weights, const float* gradients,
                             float* first, float* second) {
  const auto factor = static_cast<float>(gradient_factor(a.scaling));
  if (!isfinite(factor)) return;
  const index_t step = index_t{gridDim.x} * blockDim.x;
  for (index_t i = index_t{blockIdx.x} * blockDim.x + threadIdx.x; i < n; i += step) {
    const float g = gradients[i] * factor;
    const float m = a.b1 * first[i] + a.rest1 * g;
    const float v = a.b2 * second[i] + a.rest2 * g * g;
    const float w = a.keep * weights[i] - a.step * m / (sqrtf(v) * a.root + a.eps);
    first[i] = m;
    second[i] = v;
    weights[i] = w;
    if (rounded != nullptr) rounded[i] = static_cast<T>(w);
  }
}

template <class Real>
void update(basic_cuda<Real>& d, const adamw_sizes& s, Real* rounded, std::span<float> weights,
            std::span<const float> gradients, std::span<float> first, std::span<float> second) {
  if (weights.empty()) return;
  const adamw_numbers a{static_cast<float>(s.beta1),
                        static_cast<float>(s.beta2),
                        static_cast<float>(1 - s.beta1),
                        static_cast<float>(1 - s.beta2),
                        static_cast<float>(1 - s.learning_rate * s.weight_decay),
                        static_cast<float>(s.learning_rate / (1 - std::pow(s.beta1, s.step))),
                        static_cast<float>(1 / std::sqrt(1 - std::pow(s.beta2, s.step))),
                        static_cast<float>(s.eps),
                        s.gradient};
  constexpr int threads = 256;
  const auto n = static_cast<index_t>(weights.size());
  const auto blocks = static_cast<unsigned>(std::min<index_t>(4096, blocks_for(n, threads)));
  launch(d, "adamw_update", &adamw_kernel<Real>, dim3(blocks), dim3(threads), 0, a, n, rounded, weights.data(),
         gradients.data(), first.data(), second.data());
}

}  // namespace gpu

template <class Real>
void adamw_update(basic_cuda<Real>& d, const adamw_sizes& s, wide_span<basic_cuda<Real>> weights,
                  const_wide_span<basic_cuda<Real>> gradients, wide_span<basic_cuda<Real>> first,
                  wide_span<basic_cuda<Real>> second) {
  gpu::update<Real>(d, s, nullptr, weights, gradients, first, second);
}
template <class Real>
requires(!std::same_as<Real, wide<Real>>) void adamw_update(basic_cuda<Real>& d, const adamw_sizes& s,
                                                            std::span<std::type_identity_t<Real>> rounded,
                                                            wide_span<basic_cuda<Real>> weights,
                                                            const_wide_span<basic_cuda<Real>> gradients,
                                                            wide_span<basic_cuda<Real>> first,
                                                            wide_span<basic_cuda<Real>> second) {
  gpu::update<Real>(d, s, rounded.data(), weights, gradients, first, second);
}

}  // namespace zer0

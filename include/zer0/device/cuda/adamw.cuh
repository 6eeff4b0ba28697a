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

/// Elements i .. i + W - 1. `rounded` are the 16-bit weights, or null.
template <int W, class T>
__device__ void adamw_elements(const adamw_numbers& a, float factor, index_t i, T* rounded, float* weights,
                               const float* gradients, float* first, float* second) {
  const auto gradient = load<W>(gradients + i);
  auto m = load<W>(first + i), v = load<W>(second + i), weight = load<W>(weights + i);
  for (int w = 0; w < W; ++w) {
    const float g = gradient.e[w] * factor;
    m.e[w] = a.b1 * m.e[w] + a.rest1 * g;
    v.e[w] = a.b2 * v.e[w] + a.rest2 * g * g;
    weight.e[w] = a.keep * weight.e[w] - a.step * m.e[w] / (sqrtf(v.e[w]) * a.root + a.eps);
  }
  store(first + i, m);
  store(second + i, v);
  store(weights + i, weight);
  if (rounded == nullptr) return;
  pack<T, W> out;
  for (int w = 0; w < W; ++w) out.e[w] = static_cast<T>(weight.e[w]);
  store(rounded + i, out);
}

/// The elements beyond the last whole pack go to the first threads.
template <int W, class T>
__global__ void adamw_kernel(adamw_numbers a, index_t n, T* rounded, float* weights, const float* gradients,
                             float* first, float* second) {
  const auto factor = static_cast<float>(gradient_factor(a.scaling));
  if (!isfinite(factor)) return;
  const index_t step = index_t{gridDim.x} * blockDim.x;
  const index_t thread = index_t{blockIdx.x} * blockDim.x + threadIdx.x;
  for (index_t i = thread; i < n / W; i += step)
    adamw_elements<W>(a, factor, i * W, rounded, weights, gradients, first, second);
  if (thread < n % W) adamw_elements<1>(a, factor, n / W * W + thread, rounded, weights, gradients, first, second);
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
  constexpr int w = elements_at_once<float>;
  const auto aligned = [](const auto* p) { return reinterpret_cast<std::uintptr_t>(p) % (sizeof(*p) * w) == 0; };
  const bool packed = aligned(rounded) && aligned(weights.data()) && aligned(gradients.data()) &&
                      aligned(first.data()) && aligned(second.data());
  const auto blocks = static_cast<unsigned>(std::min<index_t>(4096, blocks_for(packed ? n / w : n, threads)));
  launch(d, "adamw_update", packed ? &adamw_kernel<w, Real> : &adamw_kernel<1, Real>, dim3(blocks), dim3(threads), 0, a,
         n, rounded, weights.data(), gradients.data(), first.data(), second.data());
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

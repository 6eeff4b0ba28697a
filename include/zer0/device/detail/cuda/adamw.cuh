// AdamW of the cuda device: one pass over all buffers.
#pragma once

#include <zer0/device/detail/cuda/parallel.cuh>

#include <cmath>

namespace zer0 {
namespace gpu {

/// The constants of a step, from adamw_sizes: beta1, beta2, 1 - beta1, 1 - beta2, keep = 1 - lr*wd,
/// step = lr / (1 - b1^t), root = 1 / sqrt(1 - b2^t), eps, gradient_factor.
struct adamw_numbers {
  float b1, b2, rest1, rest2, keep, step, root, eps, factor;
};

/// Updates elements i .. i + W - 1. `rounded`: the 16-bit weights, or null.
template <int W, class T>
__device__ void adamw_elements(const adamw_numbers& a, index_t i, T* rounded, float* weights,
                               const float* gradients, float* first, float* second) {
  const auto gradient = load<W>(gradients + i);
  auto m = load<W>(first + i), v = load<W>(second + i), weight = load<W>(weights + i);
  for (int w = 0; w < W; ++w) {
    const float g = gradient.e[w] * a.factor;
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

/// The first threads also update the elements after the last whole pack, one each.
template <int W, class T>
__global__ void adamw_kernel(adamw_numbers a, index_t n, T* rounded, float* weights,
                             const float* gradients, float* first, float* second) {
  const index_t step = index_t{gridDim.x} * blockDim.x;
  const index_t thread = index_t{blockIdx.x} * blockDim.x + threadIdx.x;
  for (index_t i = thread; i < n / W; i += step)
    adamw_elements<W>(a, i * W, rounded, weights, gradients, first, second);
  if (thread < n % W)
    adamw_elements<1>(a, n / W * W + thread, rounded, weights, gradients, first, second);
}

}  // namespace gpu

template <class Real>
void adamw_update(basic_cuda<Real>& d, const adamw_sizes& s,
                  const adamw_operands<basic_cuda<Real>>& of) {
  using namespace gpu;
  if (of.weights.empty()) return;
  const adamw_numbers a{static_cast<float>(s.beta1),
                        static_cast<float>(s.beta2),
                        static_cast<float>(1 - s.beta1),
                        static_cast<float>(1 - s.beta2),
                        static_cast<float>(1 - s.learning_rate * s.weight_decay),
                        static_cast<float>(s.learning_rate / (1 - std::pow(s.beta1, s.step))),
                        static_cast<float>(1 / std::sqrt(1 - std::pow(s.beta2, s.step))),
                        static_cast<float>(s.eps),
                        static_cast<float>(s.gradient_factor)};
  constexpr int threads = 256;
  const auto n = static_cast<index_t>(of.weights.size());
  Real* const rounded = of.rounded.empty() ? nullptr : of.rounded.data();
  constexpr int w = elements_at_once<float>;
  const auto aligned = [](const auto* p) {
    return reinterpret_cast<std::uintptr_t>(p) % (sizeof(*p) * w) == 0;
  };
  const bool packed = aligned(rounded) && aligned(of.weights.data()) &&
                      aligned(of.gradients.data()) && aligned(of.first.data()) &&
                      aligned(of.second.data());
  const auto blocks =
      static_cast<unsigned>(std::min<index_t>(4096, blocks_for(packed ? n / w : n, threads)));
  launch(d, "adamw_update", packed ? &adamw_kernel<w, Real> : &adamw_kernel<1, Real>, dim3(blocks),
         dim3(threads), 0, a, n, rounded, of.weights.data(), of.gradients.data(), of.first.data(),
         of.second.data());
}

}  // namespace zer0

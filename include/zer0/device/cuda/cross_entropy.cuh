// Cross-entropy of the cuda device: a block a row of logits.
#pragma once

#include <zer0/device/cuda/elements.cuh>

namespace zer0 {
namespace gpu {

inline constexpr int loss_threads = 256;
struct loss_memory {
  float of_warp[loss_threads / warp_size];
};

template <class Combine>
__device__ float over_block(float mine, Combine combine) {
  loss_memory& memory = shared_memory<loss_memory>();
  __syncthreads();  // whoever reads the last result has
  if (threadIdx.x % warp_size == 0) memory.of_warp[threadIdx.x / warp_size] = mine;
  __syncthreads();
  float all = memory.of_warp[0];
  for (int i = 1; i < loss_threads / warp_size; ++i) all = combine(all, memory.of_warp[i]);
  return all;
}

/// Writes the row's loss, and with Gradient its gradient over the logits, T itself or const T.
template <bool Gradient, class T>
__global__ void row_losses(tensor_view<T> logits, const std::int32_t* targets, const float* weights, float* losses) {
  const index_t row = blockIdx.x;
  const float weight = weights[row];
  T* const x = logits.row(row);
  if (weight == 0) {  // the target is not read
    if (threadIdx.x == 0) losses[row] = 0;
    if constexpr (Gradient)
      for (index_t j = threadIdx.x; j < logits.cols; j += loss_threads) x[j] = static_cast<T>(0.0f);
    return;
  }
  float largest = -INFINITY;
  for (index_t j = threadIdx.x; j < logits.cols; j += loss_threads) largest = fmaxf(largest, number(x[j]));
  largest = over_block(warp_max(largest), [](float a, float b) { return fmaxf(a, b); });
  float sum = 0;
  for (index_t j = threadIdx.x; j < logits.cols; j += loss_threads) sum += expf(number(x[j]) - largest);
  sum = over_block(warp_sum(sum), [](float a, float b) { return a + b; });
  const index_t target = targets[row];
  if (threadIdx.x == 0) losses[row] = weight * (logf(sum) - (number(x[target]) - largest));
  if constexpr (Gradient) {
    __syncthreads();  // the target's logit has been read
    const float scale = weight / sum;
    for (index_t j = threadIdx.x; j < logits.cols; j += loss_threads)
      x[j] = static_cast<T>(scale * expf(number(x[j]) - largest) - (j == target ? weight : 0.0f));
  }
}

template <bool Gradient, class Real, class T>
void losses_of(basic_cuda<Real>& d, tensor_view<T> logits, id_span targets, std::span<const float> weights,
               std::span<float> losses) {
  if (logits.rows == 0) return;
  launch(d, "cross_entropy", &row_losses<Gradient, T>, dim3(static_cast<unsigned>(logits.rows)), dim3(loss_threads),
         sizeof(loss_memory), logits, targets.data(), weights.data(), losses.data());
}

}  // namespace gpu

template <class Real>
void cross_entropy_loss(basic_cuda<Real>& d, const_view<basic_cuda<Real>> logits, id_span targets,
                        const_wide_span<basic_cuda<Real>> weights, wide_span<basic_cuda<Real>> losses) {
  gpu::losses_of<false>(d, logits, targets, weights, losses);
}
template <class Real>
void cross_entropy_gradient(basic_cuda<Real>& d, view<basic_cuda<Real>> logits, id_span targets,
                            const_wide_span<basic_cuda<Real>> weights, wide_span<basic_cuda<Real>> losses) {
  gpu::losses_of<true>(d, logits, targets, weights, losses);
}

}  // namespace zer0

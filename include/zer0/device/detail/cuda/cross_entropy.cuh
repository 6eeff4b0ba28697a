// Cross-entropy of the cuda device: a block for each row of logits.
#pragma once

#include <zer0/device/detail/cuda/parallel.cuh>

namespace zer0 {
namespace gpu {

inline constexpr int loss_threads = 256;

/// The largest of some x, and the sum of exp(x - largest): what a softmax needs, from one pass.
/// Milakov & Gimelshein 2018, arXiv:1805.02867.
struct softmax_sum {
  float largest, sum;
};
__device__ inline float rescaled(float sum, float from, float to) {
  return from == to ? sum : sum * expf(from - to);
}
__device__ inline softmax_sum together(softmax_sum a, softmax_sum b) {
  const float largest = fmaxf(a.largest, b.largest);
  return {largest, rescaled(a.sum, a.largest, largest) + rescaled(b.sum, b.largest, largest)};
}
/// softmax_sum of a row. All threads of the block get the result.
template <int W, class T>
__device__ softmax_sum softmax_sum_of(const T* x, index_t cols) {
  softmax_sum mine{-INFINITY, 0};
  for (index_t j = threadIdx.x * W; j < cols; j += loss_threads * W) {
    const auto in = load<W>(x + j);
    float largest = mine.largest;
    for (int w = 0; w < W; ++w) largest = fmaxf(largest, number(in.e[w]));
    if (largest == -INFINITY) continue;
    mine = {largest, rescaled(mine.sum, mine.largest, largest)};
    for (int w = 0; w < W; ++w) mine.sum += expf(number(in.e[w]) - largest);
  }
  for (int mask = warp_size / 2; mask > 0; mask /= 2)
    mine = together(mine, {__shfl_xor_sync(whole_warp, mine.largest, mask),
                           __shfl_xor_sync(whole_warp, mine.sum, mask)});
  return over_block<loss_threads>(mine,
                                  [](softmax_sum a, softmax_sum b) { return together(a, b); });
}

/// Writes the loss of a row and, with Gradient, replaces its logits by their gradient. X is T with
/// Gradient, const T without.
template <int W, bool Gradient, class X, class T = std::remove_const_t<X>>
__global__ void row_losses(tensor_view<X> logits, const std::int32_t* targets, const float* weights,
                           float* losses) {
  const index_t row = blockIdx.x;
  const float weight = weights[row];
  X* const x = logits.row(row);
  if (weight == 0) {  // the target is not read
    if (threadIdx.x == 0) losses[row] = 0;
    if constexpr (Gradient)
      for (index_t j = threadIdx.x * W; j < logits.cols; j += loss_threads * W)
        store(x + j, pack<T, W>{});
    return;
  }
  const softmax_sum all = softmax_sum_of<W>(x, logits.cols);
  const index_t target = targets[row];
  if (threadIdx.x == 0) losses[row] = weight * (logf(all.sum) - (number(x[target]) - all.largest));
  if constexpr (Gradient) {
    __syncthreads();  // the target's logit has been read
    const float scale = weight / all.sum;
    for (index_t j = threadIdx.x * W; j < logits.cols; j += loss_threads * W) {
      auto e = load<W>(x + j);
      for (int w = 0; w < W; ++w)
        e.e[w] = static_cast<T>(scale * expf(number(e.e[w]) - all.largest) -
                                (j + w == target ? weight : 0.0f));
      store(x + j, e);
    }
  }
}

template <bool Gradient, class Real, class X>
void losses_of(basic_cuda<Real>& d, tensor_view<X> logits, id_span targets,
               std::span<const float> weights, std::span<float> losses) {
  if (logits.rows == 0) return;
  constexpr int w = elements_at_once<Real>;
  launch(d, "cross_entropy",
         packs<w>(logits) ? &row_losses<w, Gradient, X> : &row_losses<1, Gradient, X>,
         dim3(static_cast<unsigned>(logits.rows)), dim3(loss_threads),
         sizeof(warp_slots<softmax_sum, loss_threads>), logits, targets.data(), weights.data(),
         losses.data());
}

}  // namespace gpu

template <class Real>
void cross_entropy_loss(basic_cuda<Real>& d,
                        const cross_entropy_loss_operands<basic_cuda<Real>>& of) {
  gpu::losses_of<false>(d, const_view<basic_cuda<Real>>(of.logits), of.targets, of.weights,
                        of.loss);
}
template <class Real>
void cross_entropy_gradient(basic_cuda<Real>& d,
                            const cross_entropy_gradient_operands<basic_cuda<Real>>& of) {
  gpu::losses_of<true>(d, view<basic_cuda<Real>>(of.logits), of.targets, of.weights, of.loss);
}

}  // namespace zer0

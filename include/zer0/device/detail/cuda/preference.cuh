// Sums over sequences, and losses of pairs of them, on the cuda device: one block per sequence, and
// one block for all pairs.
#pragma once

#include <zer0/device/detail/cuda/elements.cuh>

namespace zer0 {
namespace gpu {

template <class = void>  // a template, so that it may stand in a header
__global__ void sequence_sums(const std::int32_t* starts, const float* x, double* sums) {
  double total = 0;
  for (index_t i = starts[blockIdx.x] + index_t{threadIdx.x}; i < starts[blockIdx.x + 1];
       i += sum_threads)
    total += static_cast<double>(x[i]);
  total = block_sum(total);
  if (threadIdx.x == 0) sums[blockIdx.x] = total;
}

template <class = void>
__global__ void scaled_sequences(const std::int32_t* starts, const double* factors, const float* x,
                                 float* y) {
  const auto factor = static_cast<float>(factors[blockIdx.x]);
  for (index_t i = starts[blockIdx.x] + index_t{threadIdx.x}; i < starts[blockIdx.x + 1];
       i += sum_threads)
    y[i] = factor * x[i];
}

/// Each thread judges every sum_threads-th pair; then the threads' sums are added in a fixed order.
template <class Policy>
__global__ void judged_pairs(Policy policy, zer0::detail::pair_pointers of, double* totals,
                             double* slopes) {
  double sums[preference_totals] = {};
  for (index_t i = threadIdx.x; i < of.pairs; i += sum_threads)
    zer0::detail::judge_pair(policy, of, i, slopes, sums);
  for (int k = 0; k < preference_totals; ++k) {
    const double sum = block_sum(sums[k]);
    if (threadIdx.x == 0) totals[k] += sum;
  }
}

inline dim3 a_block_each(id_span starts) { return dim3(static_cast<unsigned>(starts.size() - 1)); }

}  // namespace gpu

template <class Real>
void sum_sequences(basic_cuda<Real>& d, id_span starts, const_wide_span<basic_cuda<Real>> x,
                   std::span<double> sums) {
  gpu::launch(d, "sum_sequences", &gpu::sequence_sums<>, gpu::a_block_each(starts),
              dim3(gpu::sum_threads), sizeof(gpu::sum_memory), starts.data(), x.data(),
              sums.data());
}

template <class Real>
void scale_sequences(basic_cuda<Real>& d, const scale_sequences_operands<basic_cuda<Real>>& of) {
  gpu::launch(d, "scale_sequences", &gpu::scaled_sequences<>, gpu::a_block_each(of.starts),
              dim3(gpu::sum_threads), 0, of.starts.data(), of.factors.data(), of.x.data(),
              of.y.data());
}

template <class Real, class Policy>
void judge_pairs(basic_cuda<Real>& d, const Policy& policy, const pair_sums& of, double* totals,
                 std::span<double> slopes) {
  gpu::launch(d, "judge_pairs", &gpu::judged_pairs<Policy>, dim3(1), dim3(gpu::sum_threads),
              sizeof(gpu::sum_memory), policy, detail::pair_pointers(of), totals, slopes.data());
}

}  // namespace zer0

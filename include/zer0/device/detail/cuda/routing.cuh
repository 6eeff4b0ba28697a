// Choosing experts on the cuda device: softmax, choices, gates. One warp per row, one block per
// column. Atomics add integers only, whose sum does not depend on the order.
#pragma once

#include <zer0/device/detail/cuda/elements.cuh>
#include <zer0/device/ops/routing.hpp>

namespace zer0 {
namespace gpu {

inline constexpr int route_threads = 256;
inline constexpr int route_warps = route_threads / warp_size;
inline constexpr int values_of_digit = 256;  ///< of 8 bits; an order_of has four such digits

/// The row of this warp. If there is none, the whole warp must return.
__device__ inline index_t row_of_warp() {
  return index_t{blockIdx.x} * route_warps + threadIdx.x / warp_size;
}
__device__ inline int lane_of_row() { return static_cast<int>(threadIdx.x % warp_size); }
__device__ inline bool is_live(const float* live, index_t row) {
  return live == nullptr || live[row] != 0;
}

template <class Real, class... P, class... A>
void launch_warps(basic_cuda<Real>& d, const char* name, void (*kernel)(P...), index_t rows,
                  A... arguments) {
  if (rows > 0)
    launch(d, name, kernel, dim3(blocks_for(rows, route_warps)), dim3(route_threads), 0,
           arguments...);
}

template <class = void>  // a template, so that it may stand in a header
__global__ void softmax_of_rows(tensor_view<const float> x, tensor_view<float> y) {
  const index_t row = row_of_warp();
  if (row >= x.rows) return;
  float largest = -INFINITY, sum = 0;
  for (index_t e = lane_of_row(); e < x.cols; e += warp_size) largest = fmaxf(largest, x(row, e));
  largest = warp_max(largest);
  for (index_t e = lane_of_row(); e < x.cols; e += warp_size)
    sum += y(row, e) = expf(x(row, e) - largest);
  sum = warp_sum(sum);
  for (index_t e = lane_of_row(); e < x.cols; e += warp_size) y(row, e) /= sum;
}

template <class = void>
__global__ void softmax_gradients(tensor_view<const float> y, tensor_view<const float> dy,
                                  tensor_view<float> dx) {
  const index_t row = row_of_warp();
  if (row >= y.rows) return;
  float dot = 0;
  for (index_t e = lane_of_row(); e < y.cols; e += warp_size) dot += y(row, e) * dy(row, e);
  dot = warp_sum(dot);
  for (index_t e = lane_of_row(); e < y.cols; e += warp_size)
    dx(row, e) = y(row, e) * (dy(row, e) - dot);
}

/// Chooses, k times, the largest score that is not chosen yet. Lane l looks at columns l, l + 32, l
/// + 64, ...
template <class = void>
__global__ void choose_of_rows(tensor_view<const float> scores, const float* live, index_t k,
                               tensor_view<float> mask) {
  const index_t row = row_of_warp();
  if (row >= scores.rows) return;
  for (index_t e = lane_of_row(); e < scores.cols; e += warp_size) mask(row, e) = 0;
  if (!is_live(live, row)) return;
  for (index_t n = 0; n < k; ++n) {
    unsigned long long best = 0;  // order of the score, then the lowest column
    for (index_t e = lane_of_row(); e < scores.cols; e += warp_size) {
      if (mask(row, e) != 0) continue;
      const auto here =
          static_cast<unsigned long long>(order_of(scores(row, e))) << 32 | (0xffffffffu - e);
      if (here > best) best = here;
    }
    for (int by = warp_size / 2; by > 0; by /= 2) {
      const unsigned long long other = __shfl_xor_sync(whole_warp, best, by);
      if (other > best) best = other;
    }
    const auto chosen = static_cast<index_t>(0xffffffffu - (best & 0xffffffffu));
    if (chosen % warp_size == lane_of_row()) mask(row, chosen) = 1;
  }
}

struct column_memory {
  warp_slots<int, route_threads> of_warps;  // must be first: over_block uses it
  int count[values_of_digit];
};

/// The sum of an integer over the block.
__device__ inline int count_over_block(int mine) {
  return over_block<route_threads>(warp_sum(mine), [](int a, int b) { return a + b; });
}
__device__ inline int live_in_block(const float* live, index_t first, index_t last) {
  if (live == nullptr) return static_cast<int>(last - first);
  int mine = 0;
  for (index_t i = first + threadIdx.x; i < last; i += route_threads) mine += live[i] != 0 ? 1 : 0;
  return count_over_block(mine);
}

struct place_in_block {
  int before, all;
};
/// How many threads before this one (`before`), and how many of the block (`all`), pass true.
__device__ inline place_in_block rank_in_block(bool one) {
  int* const of_warp = shared_memory<column_memory>().of_warps.of_warp;
  const unsigned ones = __ballot_sync(whole_warp, one);
  const int warp = static_cast<int>(threadIdx.x) / warp_size;
  __syncthreads();  // all threads have read the last result
  if (lane_of_row() == 0) of_warp[warp] = __popc(ones);
  __syncthreads();
  place_in_block place{__popc(ones & ((1u << lane_of_row()) - 1)), 0};
  for (int w = 0; w < route_warps; ++w) {
    if (w < warp) place.before += of_warp[w];
    place.all += of_warp[w];
  }
  return place;
}

/// The least score that is chosen is found digit by digit of its order_of. Of equal scores, those
/// of the first tokens are chosen.
template <class = void>
__global__ void choose_of_column(tensor_view<const float> scores, const float* live, double share,
                                 tensor_view<float> mask) {
  int* const count = shared_memory<column_memory>().count;
  const index_t e = blockIdx.x;
  const auto chosen =
      static_cast<int>(zer0::detail::rows_of_share(share, live_in_block(live, 0, scores.rows)));
  std::uint32_t least = 0;
  int wanted = chosen;  // to choose among the rows whose higher digits are those of `least`
  for (int shift = 24; chosen > 0 && shift >= 0; shift -= 8) {
    __syncthreads();
    for (int i = static_cast<int>(threadIdx.x); i < values_of_digit; i += route_threads)
      count[i] = 0;
    __syncthreads();
    for (index_t i = threadIdx.x; i < scores.rows; i += route_threads) {
      const std::uint32_t order = order_of(scores(i, e));
      if (is_live(live, i) && (shift == 24 || (order ^ least) >> (shift + 8) == 0))
        atomicAdd(&count[order >> shift & (values_of_digit - 1)], 1);
    }
    __syncthreads();
    int digit = values_of_digit - 1;
    for (; count[digit] < wanted; --digit) wanted -= count[digit];
    least |= static_cast<std::uint32_t>(digit) << shift;
  }
  for (index_t first = 0; first < scores.rows; first += route_threads) {
    const index_t i = first + threadIdx.x;
    const bool possible = chosen > 0 && i < scores.rows && is_live(live, i);
    const std::uint32_t order = possible ? order_of(scores(i, e)) : 0;
    const bool equal = possible && order == least;
    const place_in_block place = rank_in_block(equal);
    if (i < scores.rows)
      mask(i, e) = (possible && order > least) || (equal && place.before < wanted) ? 1 : 0;
    wanted -= place.all;
  }
}

/// limited: keeps the first ones of a column of mask, at most `share` of the live rows.
template <class = void>
__global__ void limit_column(tensor_view<const float> mask, const float* live, double share,
                             tensor_view<float> limited) {
  const index_t e = blockIdx.x;
  auto room =
      static_cast<int>(zer0::detail::rows_of_share(share, live_in_block(live, 0, mask.rows)));
  for (index_t first = 0; first < mask.rows; first += route_threads) {
    const index_t i = first + threadIdx.x;
    const bool one = i < mask.rows && mask(i, e) != 0;
    const place_in_block place = rank_in_block(one);
    if (i < mask.rows) limited(i, e) = one && place.before < room ? 1 : 0;
    room -= place.all;
  }
}

template <class = void>
__global__ void gates_of_rows(tensor_view<const float> scores, tensor_view<const float> mask,
                              bool normalize, float factor, tensor_view<float> gates) {
  const index_t row = row_of_warp();
  if (row >= scores.rows) return;
  float sum = 0;
  for (index_t e = lane_of_row(); e < scores.cols; e += warp_size)
    sum += mask(row, e) * scores(row, e);
  const float by = factor / (normalize ? warp_sum(sum) + 1e-20f : 1);
  for (index_t e = lane_of_row(); e < scores.cols; e += warp_size)
    gates(row, e) = mask(row, e) * scores(row, e) * by;
}

template <class = void>
__global__ void gate_gradients_of_rows(tensor_view<const float> scores,
                                       tensor_view<const float> mask, bool normalize, float factor,
                                       tensor_view<const float> dgates,
                                       tensor_view<float> dscores) {
  const index_t row = row_of_warp();
  if (row >= scores.rows) return;
  float sum = 0, dot = 0;
  for (index_t e = lane_of_row(); e < scores.cols; e += warp_size)
    if (mask(row, e) != 0) {
      sum += scores(row, e);
      dot += scores(row, e) * dgates(row, e);
    }
  sum = warp_sum(sum) + 1e-20f;
  dot = warp_sum(dot);
  const float by = factor / (normalize ? sum : 1), mean = normalize ? dot / sum : 0;
  for (index_t e = lane_of_row(); e < scores.cols; e += warp_size)
    dscores(row, e) = mask(row, e) != 0 ? by * (dgates(row, e) - mean) : 0;
}

template <class = void>
__global__ void lean_biases(const float* loads, int experts, double rate, float* bias) {
  double sum = 0;
  for (int e = static_cast<int>(threadIdx.x); e < experts; e += sum_threads)
    sum += static_cast<double>(loads[e]);
  const double mean = block_sum(sum) / experts;
  for (int e = static_cast<int>(threadIdx.x); e < experts; e += sum_threads) {
    const auto load = static_cast<double>(loads[e]);
    bias[e] += static_cast<float>(load < mean ? rate : load > mean ? -rate : 0);
  }
}

template <class Real>
using route_in = const_wide_view<basic_cuda<Real>>;
template <class Real>
using route_out = wide_view<basic_cuda<Real>>;
template <class Real>
using live_rows = const_wide_span<basic_cuda<Real>>;

/// Null if the span is empty: so kernels see an operand that was left out.
template <class T>
T* data_or_null(std::span<T> numbers) {
  return numbers.empty() ? nullptr : numbers.data();
}

}  // namespace gpu

template <class Real>
void softmax_rows(basic_cuda<Real>& d, gpu::route_in<Real> x, gpu::route_out<Real> y) {
  gpu::launch_warps(d, "softmax_rows", &gpu::softmax_of_rows<>, x.rows, x, y);
}

template <class Real>
void softmax_rows_backward(basic_cuda<Real>& d,
                           const softmax_rows_backward_operands<basic_cuda<Real>>& of) {
  gpu::launch_warps(d, "softmax_rows_backward", &gpu::softmax_gradients<>, of.y.rows, of.y, of.dy,
                    of.dx);
}

template <class Real>
void choose_in_rows(basic_cuda<Real>& d, gpu::route_in<Real> scores, gpu::live_rows<Real> live,
                    index_t k, gpu::route_out<Real> mask) {
  gpu::launch_warps(d, "choose_in_rows", &gpu::choose_of_rows<>, scores.rows, scores,
                    gpu::data_or_null(live), std::min(k, scores.cols), mask);
}

template <class Real>
void choose_in_columns(basic_cuda<Real>& d, gpu::route_in<Real> scores, gpu::live_rows<Real> live,
                       double share, gpu::route_out<Real> mask) {
  gpu::launch(d, "choose_in_columns", &gpu::choose_of_column<>,
              dim3(static_cast<unsigned>(scores.cols)), dim3(gpu::route_threads),
              sizeof(gpu::column_memory), scores, gpu::data_or_null(live), share, mask);
}

template <class Real>
void limit_columns(basic_cuda<Real>& d, gpu::route_in<Real> mask, gpu::live_rows<Real> live,
                   double share, gpu::route_out<Real> limited) {
  gpu::launch(d, "limit_columns", &gpu::limit_column<>, dim3(static_cast<unsigned>(mask.cols)),
              dim3(gpu::route_threads), sizeof(gpu::column_memory), mask, gpu::data_or_null(live),
              share, limited);
}

template <class Real>
void gate_chosen(basic_cuda<Real>& d, const gate_chosen_operands<basic_cuda<Real>>& of) {
  gpu::launch_warps(d, "gate_chosen", &gpu::gates_of_rows<>, of.scores.rows, of.scores, of.mask,
                    of.normalize, static_cast<float>(of.factor), of.gates);
}

template <class Real>
void gate_chosen_backward(basic_cuda<Real>& d,
                          const gate_chosen_backward_operands<basic_cuda<Real>>& of) {
  gpu::launch_warps(d, "gate_chosen_backward", &gpu::gate_gradients_of_rows<>, of.scores.rows,
                    of.scores, of.mask, of.normalize, static_cast<float>(of.factor), of.dgates,
                    of.dscores);
}

template <class Real>
void lean_to_mean(basic_cuda<Real>& d, gpu::live_rows<Real> loads, double rate,
                  wide_span<basic_cuda<Real>> bias) {
  gpu::launch(d, "lean_to_mean", &gpu::lean_biases<>, dim3(1), dim3(gpu::sum_threads),
              sizeof(gpu::sum_memory), loads.data(), static_cast<int>(loads.size()), rate,
              bias.data());
}

}  // namespace zer0

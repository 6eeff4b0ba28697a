// The losses of routers on the cuda device: balance_loss and z_loss.
#pragma once

#include <zer0/device/detail/cuda/routing.cuh>

namespace zer0 {
namespace gpu {

/// The segments of the balance loss: sequences, or all rows as one.
struct segment_list {
  const std::int32_t* starts;
  index_t sequences;
  bool whole;

  [[nodiscard]] __host__ __device__ index_t size() const { return whole ? 1 : sequences; }
  __device__ index_t first(index_t s) const { return starts[whole ? 0 : s]; }
  __device__ index_t last(index_t s) const { return starts[whole ? sequences : s + 1]; }
  __device__ index_t of(index_t row) const {
    if (whole) return 0;
    index_t low = 0, high = sequences - 1;  // the last segment that does not start beyond the row
    while (low < high) {
      const index_t middle = (low + high + 1) / 2;
      if (starts[middle] <= row)
        low = middle;
      else
        high = middle - 1;
    }
    return low;
  }
};

/// Scratch memory: the partial sum of each block, the number of all live rows, and that of each
/// segment; `live` has as many elements as there are segments.
struct balance_scratch {
  double partial[sum_blocks];
  double all;
  std::int32_t live[1];
};

/// Counts the live rows of each segment. One block per segment.
template <class = void>
__global__ void count_live(segment_list segments, const float* live, balance_scratch* scratch) {
  const int n = live_in_block(live, segments.first(blockIdx.x), segments.last(blockIdx.x));
  if (threadIdx.x == 0) scratch->live[blockIdx.x] = n;
}
/// scratch->all = the sum of scratch->live. One block.
template <class = void>
__global__ void sum_live(index_t segments, balance_scratch* scratch) {
  int mine = 0;
  for (index_t s = threadIdx.x; s < segments; s += route_threads) mine += scratch->live[s];
  const int all = count_over_block(mine);
  if (threadIdx.x == 0) scratch->all = all;
}

/// counts(s, e) = how many live rows of segment s the mask sends to expert e. One block for each,
/// at (e, s).
template <class = void>
__global__ void count_chosen(segment_list segments, const float* live,
                             tensor_view<const float> mask, tensor_view<float> counts) {
  int mine = 0;
  for (index_t i = segments.first(blockIdx.y) + threadIdx.x; i < segments.last(blockIdx.y);
       i += route_threads)
    mine += is_live(live, i) && mask(i, blockIdx.x) != 0 ? 1 : 0;
  const int all = count_over_block(mine);
  if (threadIdx.x == 0) counts(blockIdx.y, blockIdx.x) = static_cast<float>(all);
}

/// Writes each block's part of the loss to scratch->partial.
template <class = void>
__global__ void balance_partials(balance_rule rule, segment_list segments, const float* live,
                                 tensor_view<const float> scores, tensor_view<const float> counts,
                                 balance_scratch* scratch) {
  double sum = 0;
  const index_t all = scores.rows * scores.cols;
  for (index_t i = index_t{blockIdx.x} * sum_threads + threadIdx.x; i < all;
       i += sum_blocks * sum_threads) {
    const index_t row = i / scores.cols, e = i % scores.cols;
    if (!is_live(live, row)) continue;
    const index_t s = segments.of(row);
    sum += zer0::detail::balance_factor(rule, scores.cols, segments.size(), scratch->live[s],
                                        scratch->all) *
           static_cast<double>(counts(s, e)) * static_cast<double>(scores(row, e));
  }
  sum = block_sum(sum);
  if (threadIdx.x == 0) scratch->partial[blockIdx.x] = sum;
}

struct balance_gradients {
  balance_rule rule;
  segment_list segments;
  const float* live;
  tensor_view<const float> counts;
  tensor_view<float> dscores;
  const balance_scratch* scratch;
  template <int W>
  __device__ void at(index_t row, index_t e) const {
    if (!is_live(live, row)) return;
    const index_t s = segments.of(row);
    dscores(row, e) +=
        static_cast<float>(zer0::detail::balance_factor(rule, dscores.cols, segments.size(),
                                                        scratch->live[s], scratch->all) *
                           static_cast<double>(counts(s, e)));
  }
};

/// log(sum(exp(x))) of the warp's row.
__device__ inline float log_sum_exp_of_row(tensor_view<const float> x, index_t row) {
  float largest = -INFINITY, sum = 0;
  for (index_t e = lane_of_row(); e < x.cols; e += warp_size) largest = fmaxf(largest, x(row, e));
  largest = warp_max(largest);
  for (index_t e = lane_of_row(); e < x.cols; e += warp_size) sum += expf(x(row, e) - largest);
  return largest + logf(warp_sum(sum));
}

/// Writes each block's part of the sum over live rows of log_sum_exp^2 to scratch->partial. Of W
/// warps in the grid, warp w takes rows w, w + W, w + 2W, ...
template <class = void>
__global__ void z_partials(tensor_view<const float> logits, const float* live,
                           balance_scratch* scratch) {
  double sum = 0;
  for (index_t row = row_of_warp(); row < logits.rows; row += sum_blocks * route_warps) {
    if (!is_live(live, row)) continue;
    const float lse = log_sum_exp_of_row(logits, row);
    sum += static_cast<double>(lse) * static_cast<double>(lse);
  }
  sum = block_sum(lane_of_row() == 0 ? sum : 0);
  if (threadIdx.x == 0) scratch->partial[blockIdx.x] = sum;
}

/// *total += factor * the sum of scratch->partial; if `mean`, divided by the number of live rows
/// among `rows`. One block.
template <class = void>
__global__ void add_to_loss(double factor, bool mean, index_t rows, const float* live,
                            const balance_scratch* scratch, float* total) {
  static_assert(sum_blocks == sum_threads && route_threads == sum_threads);
  const int all = mean ? live_in_block(live, 0, rows) : 1;
  const double sum = block_sum(scratch->partial[threadIdx.x]);
  if (threadIdx.x == 0 && all > 0) *total += static_cast<float>(factor * sum / all);
}

template <class = void>
__global__ void add_z_gradients(tensor_view<const float> logits, const float* live, double weight,
                                tensor_view<float> dlogits) {
  const int all = live_in_block(live, 0, logits.rows);
  const index_t row = row_of_warp();
  if (row >= logits.rows || !is_live(live, row)) return;
  const float lse = log_sum_exp_of_row(logits, row);
  const auto each = static_cast<float>(2 * weight / all) * lse;
  for (index_t e = lane_of_row(); e < logits.cols; e += warp_size)
    dlogits(row, e) += each * expf(logits(row, e) - lse);
}

/// Scratch memory that holds the number of live rows of each segment, and of all.
template <class Real>
balance_scratch* counted_live(basic_cuda<Real>& d, segment_list segments, const float* live) {
  auto* const scratch = d.template scratch<balance_scratch>();
  constexpr auto most = static_cast<index_t>(
      (basic_cuda<Real>::scratch_bytes - sizeof(balance_scratch)) / sizeof(std::int32_t));
  require(segments.size() <= most, "cuda: balance_loss of ", segments.size(),
          " sequences; at most ", most, ", so use a smaller batch");
  launch(d, "balance_loss", &count_live<>, dim3(static_cast<unsigned>(segments.size())),
         dim3(route_threads), sizeof(column_memory), segments, live, scratch);
  launch(d, "balance_loss", &sum_live<>, dim3(1), dim3(route_threads), sizeof(column_memory),
         segments.size(), scratch);
  return scratch;
}

inline segment_list segments_of(const balance_rule& rule, id_span starts) {
  return {starts.data(), static_cast<index_t>(starts.size()) - 1, rule.whole_batch};
}

}  // namespace gpu

template <class Real>
void balance_loss(basic_cuda<Real>& d, const balance_rule& rule,
                  const balance_loss_operands<basic_cuda<Real>>& of) {
  using namespace gpu;
  const segment_list segments = segments_of(rule, of.starts);
  const float* const live = data_or_null(of.live);
  balance_scratch* const scratch = counted_live(d, segments, live);
  launch(d, "balance_loss", &count_chosen<>,
         dim3(static_cast<unsigned>(of.mask.cols), static_cast<unsigned>(segments.size())),
         dim3(route_threads), sizeof(column_memory), segments, live, of.mask, of.counts);
  launch(d, "balance_loss", &balance_partials<>, dim3(sum_blocks), dim3(sum_threads),
         sizeof(sum_memory), rule, segments, live, of.scores, of.counts, scratch);
  launch(d, "balance_loss", &add_to_loss<>, dim3(1), dim3(sum_threads), sizeof(sum_memory), 1.0,
         false, index_t{0}, live, scratch, of.total.data());
}

template <class Real>
void balance_loss_gradient(basic_cuda<Real>& d, const balance_rule& rule,
                           const balance_loss_gradient_operands<basic_cuda<Real>>& of) {
  using namespace gpu;
  const segment_list segments = segments_of(rule, of.starts);
  const float* const live = data_or_null(of.live);
  const balance_scratch* const scratch = counted_live(d, segments, live);
  each_element<1>(d, "balance_loss_gradient", of.dscores, false,
                  balance_gradients{rule, segments, live, of.counts, of.dscores, scratch});
}

template <class Real>
void z_loss(basic_cuda<Real>& d, gpu::route_in<Real> logits, gpu::live_rows<Real> live,
            double weight, wide_span<basic_cuda<Real>> total) {
  using namespace gpu;
  auto* const scratch = d.template scratch<balance_scratch>();
  launch(d, "z_loss", &z_partials<>, dim3(sum_blocks), dim3(route_threads), sizeof(sum_memory),
         logits, data_or_null(live), scratch);
  launch(d, "z_loss", &add_to_loss<>, dim3(1), dim3(sum_threads), sizeof(sum_memory), weight, true,
         logits.rows, data_or_null(live), scratch, total.data());
}

template <class Real>
void z_loss_gradient(basic_cuda<Real>& d, gpu::route_in<Real> logits, gpu::live_rows<Real> live,
                     double weight, gpu::route_out<Real> dlogits) {
  using namespace gpu;
  if (logits.rows == 0) return;
  launch(d, "z_loss_gradient", &add_z_gradients<>, dim3(blocks_for(logits.rows, route_warps)),
         dim3(route_threads), sizeof(column_memory), logits, data_or_null(live), weight, dlogits);
}

}  // namespace zer0

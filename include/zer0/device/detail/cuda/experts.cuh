// From tokens to experts and back, on the cuda device: lists of the chosen pairs of token and
// expert, gates in the order of these lists, and the weighted sum of the experts' rows for each
// token.
#pragma once

#include <zer0/device/detail/cuda/routing.cuh>

namespace zer0 {
namespace gpu {

/// starts[e + 1] = number of tokens of expert e; sum_prefixes turns such counts into starts. One
/// block per expert.
template <class = void>
__global__ void count_columns(tensor_view<const float> mask, std::int32_t* starts) {
  int mine = 0;
  for (index_t i = threadIdx.x; i < mask.rows; i += route_threads)
    mine += mask(i, blockIdx.x) != 0 ? 1 : 0;
  const int all = count_over_block(mine);
  if (threadIdx.x == 0) starts[blockIdx.x + 1] = all;
}
/// token_starts[i + 1] = number of experts of token i. One warp per token.
template <class = void>
__global__ void count_rows(tensor_view<const float> mask, std::int32_t* token_starts) {
  const index_t row = row_of_warp();
  if (row >= mask.rows) return;
  int mine = 0;
  for (index_t e = lane_of_row(); e < mask.cols; e += warp_size) mine += mask(row, e) != 0 ? 1 : 0;
  mine = warp_sum(mine);
  if (lane_of_row() == 0) token_starts[row + 1] = mine;
}

/// Turns counts into starts: list[0] = 0, and list[i] becomes list[1] + ... + list[i]. One block
/// for each of the two lists.
template <class = void>
__global__ void sum_prefixes(std::int32_t* starts, index_t experts, std::int32_t* token_starts,
                             index_t tokens) {
  std::int32_t* const list = (blockIdx.x == 0 ? starts : token_starts) + 1;
  const index_t n = blockIdx.x == 0 ? experts : tokens;
  int* const of_warp = shared_memory<column_memory>().of_warps.of_warp;
  const int warp = static_cast<int>(threadIdx.x) / warp_size;
  int before = 0;
  if (threadIdx.x == 0) list[-1] = 0;
  for (index_t first = 0; first < n; first += route_threads) {
    const index_t i = first + threadIdx.x;
    int sum = i < n ? list[i] : 0;
    for (int by = 1; by < warp_size; by *= 2) {
      const int below = __shfl_up_sync(whole_warp, sum, by);
      if (lane_of_row() >= by) sum += below;
    }
    __syncthreads();  // all threads have read the last result
    if (lane_of_row() == warp_size - 1) of_warp[warp] = sum;
    __syncthreads();
    int all = 0;
    for (int w = 0; w < route_warps; ++w) {
      if (w < warp) sum += of_warp[w];
      all += of_warp[w];
    }
    if (i < n) list[i] = before + sum;
    before += all;
  }
}

/// Assigns places to the tokens of an expert, in their order. One block per expert.
template <class = void>
__global__ void place_tokens(tensor_view<const float> mask, const std::int32_t* starts,
                             std::int32_t* tokens, const std::int32_t* token_starts,
                             std::int32_t* places, index_t room) {
  const index_t e = blockIdx.x;
  index_t next = starts[e];
  for (index_t first = 0; first < mask.rows; first += route_threads) {
    const index_t i = first + threadIdx.x;
    const bool one = i < mask.rows && mask(i, e) != 0;
    const place_in_block rank = rank_in_block(one);
    if (one) {
      index_t of_token = token_starts[i];
      for (index_t other = 0; other < e; ++other) of_token += mask(i, other) != 0 ? 1 : 0;
      const index_t place = next + rank.before;
      if (place < room && of_token < room) {
        tokens[place] = static_cast<std::int32_t>(i);
        places[of_token] = static_cast<std::int32_t>(place);
      }
    }
    next += rank.all;
  }
}

template <class = void>
__global__ void clear_lists(std::int32_t* tokens, std::int32_t* places, index_t n) {
  const index_t i = index_t{blockIdx.x} * route_threads + threadIdx.x;
  if (i < n) tokens[i] = places[i] = 0;
}

/// The expert that place p belongs to; p is below starts[experts].
__device__ inline int expert_of(const std::int32_t* starts, int experts, index_t p) {
  int low = 0, high = experts - 1;  // the first expert that ends beyond p
  while (low < high) {
    const int middle = (low + high) / 2;
    if (starts[middle + 1] > p)
      high = middle;
    else
      low = middle + 1;
  }
  return low;
}

/// With Gather: weights[p] = the gate of place p's token and expert, or 0 if no token has the
/// place. Without: that gate = weights[p]. One thread per place.
template <bool Gather, class Gates>
__global__ void move_gates(tensor_view<Gates> gates, const std::int32_t* starts,
                           const std::int32_t* tokens,
                           std::conditional_t<Gather, float*, const float*> weights, index_t room) {
  const index_t p = index_t{blockIdx.x} * route_threads + threadIdx.x;
  if (p >= room) return;
  const auto experts = static_cast<int>(gates.cols);
  const bool listed = p < starts[experts];
  if constexpr (Gather)
    weights[p] = listed ? gates(tokens[p], expert_of(starts, experts, p)) : 0;
  else if (listed)
    gates(tokens[p], expert_of(starts, experts, p)) = weights[p];
}

/// y[i] = the weighted sum of the rows at token i's places, plus y[i] if `adds`.
template <class T>
struct combined_elements {
  const std::int32_t* token_starts;
  const std::int32_t* places;
  const float* weights;  // null: all are 1
  tensor_view<const T> x;
  bool adds;
  tensor_view<T> y;
  template <int W>
  __device__ void at(index_t i, index_t j) const {
    pack<float, W> sum{};
    if (adds) {
      const auto before = load<W>(y.row(i) + j);
      for (int w = 0; w < W; ++w) sum.e[w] = number(before.e[w]);
    }
    for (int k = token_starts[i]; k < token_starts[i + 1]; ++k) {
      const int place = places[k];
      const float weight = weights != nullptr ? weights[place] : 1;
      const auto in = load<W>(x.row(place) + j);
      for (int w = 0; w < W; ++w) sum.e[w] += weight * number(in.e[w]);
    }
    pack<T, W> out;
    for (int w = 0; w < W; ++w) out.e[w] = static_cast<T>(sum.e[w]);
    store(y.row(i) + j, out);
  }
};

/// dx = weight * dy of the place's token, dweights = dot(that dy, x). One warp per place.
template <int W, class T>
__global__ void combined_gradients(const std::int32_t* starts, int experts,
                                   const std::int32_t* tokens, const float* weights,
                                   tensor_view<const T> dy, tensor_view<const T> x,
                                   tensor_view<T> dx, float* dweights) {
  const index_t p = row_of_warp();
  if (p >= starts[experts]) return;
  const index_t token = tokens[p];
  const float weight = weights != nullptr ? weights[p] : 1;
  float dot = 0;
  for (index_t j = lane_of_row() * W; j < dy.cols; j += warp_size * W) {
    const auto up = load<W>(dy.row(token) + j);
    if (dweights != nullptr) {
      const auto in = load<W>(x.row(p) + j);
      for (int w = 0; w < W; ++w) dot += number(up.e[w]) * number(in.e[w]);
    }
    pack<T, W> out;
    for (int w = 0; w < W; ++w) out.e[w] = static_cast<T>(weight * number(up.e[w]));
    store(dx.row(p) + j, out);
  }
  dot = warp_sum(dot);
  if (dweights != nullptr && lane_of_row() == 0) dweights[p] = dot;
}

}  // namespace gpu

/// Works by counting: nothing is sorted, and no block waits for another one.
template <class Real>
void list_chosen(basic_cuda<Real>& d, const list_chosen_operands<basic_cuda<Real>>& of) {
  using namespace gpu;
  const auto room = static_cast<index_t>(of.tokens.size());
  const dim3 threads(route_threads), experts(static_cast<unsigned>(of.mask.cols));
  launch(d, "list_chosen", &clear_lists<>, dim3(blocks_for(room, route_threads)), threads, 0,
         of.tokens.data(), of.places.data(), room);
  launch(d, "list_chosen", &count_columns<>, experts, threads, sizeof(column_memory), of.mask,
         of.starts.data());
  launch_warps(d, "list_chosen", &count_rows<>, of.mask.rows, of.mask, of.token_starts.data());
  launch(d, "list_chosen", &sum_prefixes<>, dim3(2), threads, sizeof(column_memory),
         of.starts.data(), of.mask.cols, of.token_starts.data(), of.mask.rows);
  launch(d, "list_chosen", &place_tokens<>, experts, threads, sizeof(column_memory), of.mask,
         of.starts.data(), of.tokens.data(), of.token_starts.data(), of.places.data(), room);
}

template <class Real>
void gather_gates(basic_cuda<Real>& d, const gather_gates_operands<basic_cuda<Real>>& of) {
  using namespace gpu;
  const auto room = static_cast<index_t>(of.weights.size());
  launch(d, "gather_gates", &move_gates<true, const float>, dim3(blocks_for(room, route_threads)),
         dim3(route_threads), 0, of.gates, of.starts.data(), of.tokens.data(), of.weights.data(),
         room);
}

template <class Real>
void scatter_gates(basic_cuda<Real>& d, const scatter_gates_operands<basic_cuda<Real>>& of) {
  using namespace gpu;
  const auto room = static_cast<index_t>(of.weights.size());
  fill_all(d, of.gates, 0);
  launch(d, "scatter_gates", &move_gates<false, float>, dim3(blocks_for(room, route_threads)),
         dim3(route_threads), 0, of.gates, of.starts.data(), of.tokens.data(), of.weights.data(),
         room);
}

template <class Real>
void combine_rows(basic_cuda<Real>& d, const combine_rows_operands<basic_cuda<Real>>& of) {
  using namespace gpu;
  constexpr int w = elements_at_once<Real>;
  each_element<w>(d, "combine_rows", of.y, packs<w>(of.x) && packs<w>(of.y),
                  combined_elements<Real>{of.token_starts.data(), of.places.data(),
                                          data_or_null(of.weights), of.x, of.beta != 0, of.y});
}

template <class Real>
void combine_rows_backward(basic_cuda<Real>& d,
                           const combine_rows_backward_operands<basic_cuda<Real>>& of) {
  using namespace gpu;
  constexpr int w = elements_at_once<Real>;
  const bool packed = packs<w>(of.dy) && packs<w>(of.x) && packs<w>(of.dx);
  launch_warps(d, "combine_rows_backward",
               packed ? &combined_gradients<w, Real> : &combined_gradients<1, Real>, of.dx.rows,
               of.starts.data(), static_cast<int>(of.starts.size()) - 1, of.tokens.data(),
               data_or_null(of.weights), of.dy, of.x, of.dx, data_or_null(of.dweights));
}

}  // namespace zer0

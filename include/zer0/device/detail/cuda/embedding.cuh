// The embedding of the cuda device.
#pragma once

#include <zer0/device/detail/cuda/elements.cuh>
#include <zer0/device/detail/cuda/sort.cuh>

namespace zer0 {
namespace gpu {

inline constexpr int embedding_threads = 128;
inline constexpr index_t embedding_warps = embedding_threads / warp_size;

/// `order` lists tokens sorted by id, and those of one id in their order. One warp per place in
/// `order` and 32 packs of columns; the warp at the first place of an id adds the gradients of all
/// tokens of that id, in order.
template <int W, class T>
__global__ void add_token_gradients(const std::int32_t* ids, const std::int32_t* order, index_t n,
                                    tensor_view<const T> dy, tensor_view<float> dtable) {
  const index_t place = index_t{blockIdx.x} * embedding_warps + threadIdx.x / warp_size;
  const auto lane = static_cast<int>(threadIdx.x % warp_size);
  const index_t col = (index_t{blockIdx.y} * warp_size + lane) * W;
  if (place >= n) return;  // the whole warp
  const std::int32_t id = ids[order[place]];
  if (place > 0 && ids[order[place - 1]] == id) return;
  const bool mine = col < dy.cols;
  pack<float, W> sum{};
  if (mine) sum = load<W>(&dtable(id, col));
  int count = warp_size;
  for (index_t i = place; count == warp_size; i += warp_size) {  // looks up 32 tokens at once
    const std::int32_t token = i + lane < n ? order[i + lane] : -1;
    const unsigned others = __ballot_sync(whole_warp, token < 0 || ids[token] != id);
    count = others == 0 ? warp_size : __popc((others & (~others + 1)) - 1);
    for (int k = 0; k < count; ++k) {
      const index_t row = __shfl_sync(whole_warp, token, k);
      if (!mine) continue;
      const auto in = load<W>(dy.row(row) + col);
      for (int w = 0; w < W; ++w) sum.e[w] += number(in.e[w]);
    }
  }
  if (mine) store(&dtable(id, col), sum);
}

}  // namespace gpu

template <class Real>
void embedding_forward(basic_cuda<Real>& d, const_view<basic_cuda<Real>> table, id_span ids,
                       view<basic_cuda<Real>> y) {
  gather_rows(d, table, ids, y);
}

/// Time is linear in N: the tokens are sorted by id, as many at a time as scratch memory has room
/// for.
template <class Real>
void embedding_backward(basic_cuda<Real>& d, id_span ids, const_view<basic_cuda<Real>> dy,
                        wide_view<basic_cuda<Real>> dtable) {
  constexpr int w = gpu::elements_at_once<float>;
  const bool packed = gpu::packs<w>(dy) && gpu::packs<w>(dtable);
  for (index_t first = 0; first < dy.rows; first += gpu::most_sorted) {
    const index_t n = std::min(gpu::most_sorted, dy.rows - first);
    const std::int32_t* const some = ids.data() + first;
    const std::int32_t* const order = gpu::sort_ids(d, some, n, dtable.rows);
    gpu::launch(d, "embedding_backward",
                packed ? &gpu::add_token_gradients<w, Real> : &gpu::add_token_gradients<1, Real>,
                dim3(gpu::blocks_for(n, gpu::embedding_warps),
                     gpu::blocks_for(dy.cols, gpu::warp_size * (packed ? w : 1))),
                dim3(gpu::embedding_threads), 0, some, order, n, dy.row_block(first, n), dtable);
  }
}

}  // namespace zer0

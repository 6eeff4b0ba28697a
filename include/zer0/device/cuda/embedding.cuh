// The embedding of the cuda device.
#pragma once

#include <zer0/device/cuda/elements.cuh>

namespace zer0 {
namespace gpu {

inline constexpr int embedding_threads = 128;

/// One block a token. The first one of each id adds the gradients of all tokens of that id, in their order: no atomics,
/// so the same sums every time. Lanes look at 32 tokens at once.
template <class T>
__global__ void add_token_gradients(const std::int32_t* ids, index_t n, tensor_view<const T> dy,
                                    tensor_view<float> dtable) {
  const index_t token = blockIdx.x;
  const std::int32_t id = ids[token];
  const auto lane = static_cast<index_t>(threadIdx.x % warp_size);
  for (index_t i = 0; i < token; i += warp_size)
    if (__ballot_sync(whole_warp, i + lane < token && ids[i + lane] == id) != 0) return;
  for (index_t i = token; i < n; i += warp_size) {
    unsigned found = __ballot_sync(whole_warp, i + lane < n && ids[i + lane] == id);
    for (index_t j = i; found != 0; ++j, found >>= 1)
      if (found & 1u)
        for (index_t col = threadIdx.x; col < dy.cols; col += embedding_threads) dtable(id, col) += number(dy(j, col));
  }
}

}  // namespace gpu

template <class Real>
void embedding_forward(basic_cuda<Real>& d, const_view<basic_cuda<Real>> table, id_span ids, view<basic_cuda<Real>> y) {
  gather_rows(d, table, ids, y);
}

template <class Real>
void embedding_backward(basic_cuda<Real>& d, id_span ids, const_view<basic_cuda<Real>> dy,
                        wide_view<basic_cuda<Real>> dtable) {
  if (ids.empty()) return;
  gpu::launch(d, "embedding_backward", &gpu::add_token_gradients<Real>, dim3(static_cast<unsigned>(ids.size())),
              dim3(gpu::embedding_threads), 0, ids.data(), static_cast<index_t>(ids.size()), dy, dtable);
}

}  // namespace zer0

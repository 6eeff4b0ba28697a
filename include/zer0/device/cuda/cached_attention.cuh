// Attention over a key/value cache on the cuda device: a warp a query.
#pragma once

#include <zer0/device/cuda/attention_row.cuh>

namespace zer0 {
namespace gpu {

template <class T>
__global__ void cached_forward(attention_shape a, tensor_view<const T> q, kv_view<const T> cache,
                               const std::int32_t* starts, index_t sequences, const std::int32_t* past,
                               tensor_view<T> o) {
  attention_task at;
  if (!at.find(q.rows, a.heads)) return;
  const index_t sequence = sequence_of(starts, sequences, at.token);
  const index_t first = sequence * cache.capacity, keys = past[sequence] + at.token - starts[sequence] + 1;
  const index_t kv = at.head / (a.heads / a.kv_heads) * a.head_dim, own = at.head * a.head_dim;
  head_vector out;
  attend(a, q.row(at.token) + own, cache.keys.row(first) + kv, cache.keys.stride, cache.values.row(first) + kv,
         cache.values.stride, keys, at.token * a.heads + at.head, out);
  out.store(o.row(at.token) + own, a.head_dim);
}

}  // namespace gpu

template <class Real>
void cached_attention(basic_cuda<Real>& d, const attention_sizes& a, const_view<basic_cuda<Real>> q,
                      kv_view<const std::type_identity_t<Real>> cache, id_span starts, id_span past,
                      view<basic_cuda<Real>> o) {
  using namespace gpu;
  if (q.rows == 0) return;
  launch(d, "cached_attention", &cached_forward<Real>, attention_blocks(q.rows, a.heads), dim3(attention_threads),
         sizeof(attention_memory), shape_of(a), q, cache, starts.data(), static_cast<index_t>(starts.size()) - 1,
         past.data(), o);
}

}  // namespace zer0

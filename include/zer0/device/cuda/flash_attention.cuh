// Flash attention of the cuda device: no matrix of scores exists. This is the float path, a warp a query or a key.
#pragma once

#include <zer0/device/cuda/attention_row.cuh>

namespace zer0 {
namespace gpu {

template <class T>
__global__ void flash_forward(attention_shape a, tensor_view<const T> q, tensor_view<const T> k, tensor_view<const T> v,
                              const std::int32_t* starts, index_t sequences, tensor_view<T> o, float* lse) {
  attention_task at;
  if (!at.find(q.rows, a.heads)) return;
  const index_t first = starts[sequence_of(starts, sequences, at.token)];
  const index_t kv = at.head / (a.heads / a.kv_heads) * a.head_dim, own = at.head * a.head_dim;
  const index_t row = at.token * a.heads + at.head;
  head_vector out;
  const float total = attend(a, q.row(at.token) + own, k.row(first) + kv, k.stride, v.row(first) + kv, v.stride,
                             at.token - first + 1, row, out);
  out.store(o.row(at.token) + own, a.head_dim);
  if (threadIdx.x % warp_size == 0) lse[row] = total;
}

/// dq = scale sum_j p_j (keep_j do . v_j - do . o) k_j; do . o is sum_j p_j dp_j without a loop over the keys.
template <class T>
__global__ void flash_query_gradients(attention_shape a, tensor_view<const T> q, tensor_view<const T> k,
                                      tensor_view<const T> v, const std::int32_t* starts, index_t sequences,
                                      tensor_view<const T> o, const float* lse, tensor_view<const T> dout,
                                      tensor_view<T> dq) {
  attention_task at;
  if (!at.find(q.rows, a.heads)) return;
  const index_t first = starts[sequence_of(starts, sequences, at.token)];
  const index_t kv = at.head / (a.heads / a.kv_heads) * a.head_dim, own = at.head * a.head_dim;
  const index_t row = at.token * a.heads + at.head;
  const T* const query = q.row(at.token) + own;
  const T* const gradient = dout.row(at.token) + own;
  const float weighted = dot(gradient, o.row(at.token) + own, a.head_dim);
  head_vector sum{};
  const auto score_gradient = [&](index_t j, bool exists) {
    if (!exists) return lane_values{};
    const float p = expf(a.scale * dot(query, k.row(first + j) + kv, a.head_dim) - lse[row]);
    const float dp = kept(a, row, j) * dot(gradient, v.row(first + j) + kv, a.head_dim);
    return lane_values{a.scale * p * (dp - weighted), 0};
  };
  in_tiles(at.token - first + 1, score_gradient,
           [&](index_t j, lane_values ds) { sum.add(ds.first, head_vector::load(k.row(first + j) + kv, a.head_dim)); });
  sum.store(dq.row(at.token) + own, a.head_dim);
}

/// A warp a key and key/value head: it sums over the later queries of all heads of its group, so nothing is added from
/// two sides.
template <class T>
__global__ void flash_key_gradients(attention_shape a, tensor_view<const T> q, tensor_view<const T> k,
                                    tensor_view<const T> v, const std::int32_t* starts, index_t sequences,
                                    tensor_view<const T> o, const float* lse, tensor_view<const T> dout,
                                    tensor_view<T> dk, tensor_view<T> dv) {
  attention_task at;
  if (!at.find(k.rows, a.kv_heads)) return;
  const index_t sequence = sequence_of(starts, sequences, at.token);
  const index_t j = at.token - starts[sequence], queries = starts[sequence + 1] - at.token;
  const index_t group = a.heads / a.kv_heads, own = at.head * a.head_dim;
  const T* const key = k.row(at.token) + own;
  const T* const value = v.row(at.token) + own;
  head_vector to_key{}, to_value{};
  for (index_t head = at.head * group; head < (at.head + 1) * group; ++head) {
    const index_t col = head * a.head_dim;
    const auto gradients = [&](index_t i, bool exists) {
      if (!exists) return lane_values{};
      const index_t token = at.token + i, row = token * a.heads + head;
      const T* const gradient = dout.row(token) + col;
      const float weighted = dot(gradient, o.row(token) + col, a.head_dim);
      const float p = expf(a.scale * dot(q.row(token) + col, key, a.head_dim) - lse[row]);
      const float keep = kept(a, row, j);
      return lane_values{keep * p, a.scale * p * (keep * dot(gradient, value, a.head_dim) - weighted)};
    };
    in_tiles(queries, gradients, [&](index_t i, lane_values g) {
      to_value.add(g.first, head_vector::load(dout.row(at.token + i) + col, a.head_dim));
      to_key.add(g.second, head_vector::load(q.row(at.token + i) + col, a.head_dim));
    });
  }
  to_key.store(dk.row(at.token) + own, a.head_dim);
  to_value.store(dv.row(at.token) + own, a.head_dim);
}

}  // namespace gpu

template <class Real>
void flash_attention_forward(basic_cuda<Real>& d, const attention_sizes& a, const_view<basic_cuda<Real>> q,
                             const_view<basic_cuda<Real>> k, const_view<basic_cuda<Real>> v, id_span starts,
                             view<basic_cuda<Real>> o, wide_span<basic_cuda<Real>> lse) {
  using namespace gpu;
  if (q.rows == 0) return;
  launch(d, "flash_attention_forward", &flash_forward<Real>, attention_blocks(q.rows, a.heads), dim3(attention_threads),
         sizeof(attention_memory), shape_of(a), q, k, v, starts.data(), static_cast<index_t>(starts.size()) - 1, o,
         lse.data());
}

template <class Real>
void flash_attention_backward(basic_cuda<Real>& d, const attention_sizes& a, const_view<basic_cuda<Real>> q,
                              const_view<basic_cuda<Real>> k, const_view<basic_cuda<Real>> v, id_span starts,
                              const_view<basic_cuda<Real>> o, const_wide_span<basic_cuda<Real>> lse,
                              const_view<basic_cuda<Real>> dout, view<basic_cuda<Real>> dq, view<basic_cuda<Real>> dk,
                              view<basic_cuda<Real>> dv) {
  using namespace gpu;
  if (q.rows == 0) return;
  const auto sequences = static_cast<index_t>(starts.size()) - 1;
  launch(d, "flash_attention_backward", &flash_query_gradients<Real>, attention_blocks(q.rows, a.heads),
         dim3(attention_threads), sizeof(attention_memory), shape_of(a), q, k, v, starts.data(), sequences, o,
         lse.data(), dout, dq);
  launch(d, "flash_attention_backward", &flash_key_gradients<Real>, attention_blocks(k.rows, a.kv_heads),
         dim3(attention_threads), sizeof(attention_memory), shape_of(a), q, k, v, starts.data(), sequences, o,
         lse.data(), dout, dk, dv);
}

}  // namespace zer0

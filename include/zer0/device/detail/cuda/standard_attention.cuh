// Standard attention of the cuda device, which keeps all probabilities. One warp per query, or per
// key.
#pragma once

#include <zer0/device/detail/cuda/attention_row.cuh>

namespace zer0 {
namespace gpu {

template <class T>
__global__ void standard_forward(attention_shape a, tensor_view<const T> q, tensor_view<const T> k,
                                 tensor_view<const T> v, const std::int32_t* starts,
                                 index_t sequences, tensor_view<T> probabilities,
                                 tensor_view<T> o) {
  attention_task at;
  if (!at.find(q.rows, a.heads)) return;
  const index_t first = starts[sequence_of(starts, sequences, at.token)];
  const index_t kv_head = at.head / (a.heads / a.kv_heads), kv = kv_head * a.head_dim,
                own = at.head * a.head_dim;
  const index_t kv_value = kv_head * a.value_dim, own_value = at.head * a.value_dim;
  const T* const query = q.row(at.token) + own;
  const index_t row = at.token * a.heads + at.head, keys = at.token - first + 1;
  head_vector out;
  const float lse = attend(a, query, k.row(first) + kv, k.stride, v.row(first) + kv_value, v.stride,
                           keys, row, out);
  out.store(o.row(at.token) + own_value, a.value_dim);
  for (index_t j = threadIdx.x % warp_size; j < probabilities.cols; j += warp_size) {
    const bool seen = hidden_keys(a, keys) <= j && j < keys;
    const float p =
        seen ? expf(score_of(a, dot(query, k.row(first + j) + kv, a.head_dim)) - lse) : 0.0f;
    probabilities(row, j) = static_cast<T>(p);
  }
}

/// Writes dq, and to ds the gradients of the scores, which standard_key_gradients reads.
template <class T>
__global__ void standard_query_gradients(attention_shape a, tensor_view<const T> q,
                                         tensor_view<const T> k, tensor_view<const T> v,
                                         const std::int32_t* starts, index_t sequences,
                                         tensor_view<const T> probabilities,
                                         tensor_view<const T> dout, tensor_view<T> ds,
                                         tensor_view<T> dq) {
  attention_task at;
  if (!at.find(dout.rows, a.heads)) return;
  const index_t first = starts[sequence_of(starts, sequences, at.token)];
  const index_t kv_head = at.head / (a.heads / a.kv_heads), kv = kv_head * a.head_dim,
                own = at.head * a.head_dim;
  const index_t kv_value = kv_head * a.value_dim, own_value = at.head * a.value_dim;
  const index_t row = at.token * a.heads + at.head, keys = at.token - first + 1;
  const T* const query = q.row(at.token) + own;
  const T* const gradient = dout.row(at.token) + own_value;
  const auto probability_gradient = [&](index_t j) {
    return kept(a, row, j) * dot(gradient, v.row(first + j) + kv_value, a.value_dim);
  };
  float weighted = 0;
  for (index_t j = hidden_keys(a, keys) + threadIdx.x % warp_size; j < keys; j += warp_size)
    weighted += number(probabilities(row, j)) * probability_gradient(j);
  weighted = warp_sum(weighted);
  head_vector sum{};
  const auto score_gradient = [&](index_t j, bool exists) {
    if (!exists) return lane_values{};
    float s = a.scale * number(probabilities(row, j)) * (probability_gradient(j) - weighted);
    if (a.cap != 0) s *= slope_of(a, score_of(a, dot(query, k.row(first + j) + kv, a.head_dim)));
    ds(row, j) = static_cast<T>(s);
    return lane_values{s, 0};
  };
  in_tiles(hidden_keys(a, keys), keys, score_gradient, [&](index_t j, lane_values s) {
    sum.add(s.first, head_vector::load(k.row(first + j) + kv, a.head_dim));
  });
  sum.store(dq.row(at.token) + own, a.head_dim);
}

template <class T>
__global__ void standard_key_gradients(attention_shape a, tensor_view<const T> q,
                                       const std::int32_t* starts, index_t sequences,
                                       tensor_view<const T> probabilities,
                                       tensor_view<const T> dout, tensor_view<const T> ds,
                                       tensor_view<T> dk, tensor_view<T> dv) {
  attention_task at;
  if (!at.find(q.rows, a.kv_heads)) return;
  const index_t sequence = sequence_of(starts, sequences, at.token);
  const index_t j = at.token - starts[sequence], end = starts[sequence + 1];
  const index_t last =
      end - at.token < a.window ? end : at.token + a.window;  // end of the queries that see the key
  const index_t group = a.heads / a.kv_heads, own = at.head * a.head_dim;
  head_vector to_key{}, to_value{};
  for (index_t i = at.token; i < last; ++i)
    for (index_t head = at.head * group; head < (at.head + 1) * group; ++head) {
      const index_t row = i * a.heads + head;
      to_value.add(kept(a, row, j) * number(probabilities(row, j)),
                   head_vector::load(dout.row(i) + head * a.value_dim, a.value_dim));
      to_key.add(number(ds(row, j)), head_vector::load(q.row(i) + head * a.head_dim, a.head_dim));
    }
  to_key.store(dk.row(at.token) + own, a.head_dim);
  to_value.store(dv.row(at.token) + at.head * a.value_dim, a.value_dim);
}

}  // namespace gpu

template <class Real>
void standard_attention_forward(basic_cuda<Real>& d, const attention_sizes& a,
                                const standard_attention_forward_operands<basic_cuda<Real>>& of) {
  using namespace gpu;
  if (of.q.rows == 0) return;
  launch(d, "standard_attention_forward", &standard_forward<Real>,
         attention_blocks(of.q.rows, a.heads), dim3(attention_threads), sizeof(attention_memory),
         shape_of(a), of.q, of.k, of.v, of.starts.data(),
         static_cast<index_t>(of.starts.size()) - 1, of.probabilities, of.o);
}

template <class Real>
void standard_attention_backward(basic_cuda<Real>& d, const attention_sizes& a,
                                 const standard_attention_backward_operands<basic_cuda<Real>>& of) {
  using namespace gpu;
  if (of.q.rows == 0) return;
  const auto sequences = static_cast<index_t>(of.starts.size()) - 1;
  launch(d, "standard_attention_backward", &standard_query_gradients<Real>,
         attention_blocks(of.q.rows, a.heads), dim3(attention_threads), sizeof(attention_memory),
         shape_of(a), of.q, of.k, of.v, of.starts.data(), sequences, of.probabilities, of.dout,
         of.scratch, of.dq);
  launch(d, "standard_attention_backward", &standard_key_gradients<Real>,
         attention_blocks(of.k.rows, a.kv_heads), dim3(attention_threads), sizeof(attention_memory),
         shape_of(a), of.q, of.starts.data(), sequences, of.probabilities, of.dout, of.scratch,
         of.dk, of.dv);
}

}  // namespace zer0

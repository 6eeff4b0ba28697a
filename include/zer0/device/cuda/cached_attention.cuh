// Attention over a key/value cache on the cuda device: a block a query and head, its threads share the keys.
#pragma once

#include <zer0/device/cuda/attention_row.cuh>

namespace zer0 {
namespace gpu {

inline constexpr int cached_chunk = 8;  ///< numbers of a head that a lane owns

/// What a group of lanes leaves of its keys: its share of the sum, the largest score, and sum of exponentials.
template <int Groups>
struct cached_memory {
  float o[Groups][attention_threads / Groups * cached_chunk];
  float largest[Groups], sum[Groups];
};

/// Lanes work in groups of `Lanes`, each lane on a chunk of the head: group g takes keys g, g + Groups, ..., so that
/// what a warp reads at once is whole rows. `W` numbers are read at once. At the end the groups' softmaxes are joined.
template <class T, int Lanes, int W>
__global__ void cached_forward(attention_shape a, tensor_view<const T> q, kv_view<const T> cache,
                               const std::int32_t* starts, index_t sequences, const std::int32_t* past,
                               tensor_view<T> o) {
  constexpr int groups = attention_threads / Lanes;
  auto& memory = shared_memory<cached_memory<groups>>();
  const index_t token = blockIdx.x, head = blockIdx.y;
  const index_t sequence = sequence_of(starts, sequences, token);
  const index_t keys = past[sequence] + token - starts[sequence] + 1;
  const int group = static_cast<int>(threadIdx.x) / Lanes;
  const index_t col = static_cast<int>(threadIdx.x) % Lanes * cached_chunk;
  const index_t kv = head / (a.heads / a.kv_heads) * a.head_dim + col;
  const T* const key = cache.keys.row(sequence * cache.capacity) + kv;
  const T* const value = cache.values.row(sequence * cache.capacity) + kv;

  const auto chunk_of = [&](const T* from, bool exists, float(&to)[cached_chunk]) {
#pragma unroll
    for (int i = 0; i < cached_chunk; i += W) {
      pack<T, W> in{};
      if (exists && col + i < a.head_dim) in = load<W>(from + i);
#pragma unroll
      for (int w = 0; w < W; ++w) to[i + w] = number(in.e[w]);
    }
  };
  float query[cached_chunk], sum_of_values[cached_chunk] = {};
  chunk_of(q.row(token) + head * a.head_dim + col, true, query);
  float largest = -INFINITY, sum = 0;
  for (index_t first = 0; first < keys; first += groups) {  // the same for all lanes of a warp
    const index_t j = first + group;
    const bool exists = j < keys;
    float k[cached_chunk], v[cached_chunk];
    chunk_of(key + j * cache.keys.stride, exists, k);
    chunk_of(value + j * cache.values.stride, exists, v);
    float s = 0;
#pragma unroll
    for (int i = 0; i < cached_chunk; ++i) s += query[i] * k[i];
#pragma unroll
    for (int mask = Lanes / 2; mask > 0; mask /= 2) s += __shfl_xor_sync(whole_warp, s, mask);
    if (!exists) continue;
    s *= a.scale;
    const float next = fmaxf(largest, s), old = expf(largest - next), p = expf(s - next);
    const float kept_p = p * kept(a, token * a.heads + head, j);
    sum = sum * old + p;
    largest = next;
#pragma unroll
    for (int i = 0; i < cached_chunk; ++i) sum_of_values[i] = sum_of_values[i] * old + kept_p * v[i];
  }

#pragma unroll
  for (int i = 0; i < cached_chunk; ++i) memory.o[group][col + i] = sum_of_values[i];
  memory.largest[group] = largest;
  memory.sum[group] = sum;
  __syncthreads();
  for (int g = 0; g < groups; ++g) largest = fmaxf(largest, memory.largest[g]);
  sum = 0;
  for (int g = 0; g < groups; ++g) sum += memory.sum[g] * expf(memory.largest[g] - largest);
  for (index_t c = threadIdx.x; c < a.head_dim; c += attention_threads) {
    float all = 0;
    for (int g = 0; g < groups; ++g) all += memory.o[g][c] * expf(memory.largest[g] - largest);
    o(token, head * a.head_dim + c) = static_cast<T>(all / sum);
  }
}

template <int Lanes, int W, class Real>
void attend_cached(basic_cuda<Real>& d, const attention_sizes& a, tensor_view<const Real> q, kv_view<const Real> cache,
                   id_span starts, id_span past, tensor_view<Real> o) {
  launch(d, "cached_attention", &cached_forward<Real, Lanes, W>,
         dim3(static_cast<unsigned>(q.rows), static_cast<unsigned>(a.heads)), dim3(attention_threads),
         sizeof(cached_memory<attention_threads / Lanes>), shape_of(a), q, cache, starts.data(),
         static_cast<index_t>(starts.size()) - 1, past.data(), o);
}

}  // namespace gpu

template <class Real>
void cached_attention(basic_cuda<Real>& d, const attention_sizes& a, const_view<basic_cuda<Real>> q,
                      kv_view<const std::type_identity_t<Real>> cache, id_span starts, id_span past,
                      view<basic_cuda<Real>> o) {
  using namespace gpu;
  if (q.rows == 0) return;
  constexpr int w = elements_at_once<Real>;
  const bool packed = a.head_dim % w == 0 && packs<w>(q) && packs<w>(cache.keys) && packs<w>(cache.values);
  if (!packed && a.head_dim <= 4 * cached_chunk) return attend_cached<4, 1>(d, a, q, cache, starts, past, o);
  if (!packed || a.head_dim > 16 * cached_chunk) return attend_cached<32, 1>(d, a, q, cache, starts, past, o);
  if (a.head_dim > 8 * cached_chunk) return attend_cached<16, w>(d, a, q, cache, starts, past, o);
  if (a.head_dim > 4 * cached_chunk) return attend_cached<8, w>(d, a, q, cache, starts, past, o);
  attend_cached<4, w>(d, a, q, cache, starts, past, o);
}

}  // namespace zer0

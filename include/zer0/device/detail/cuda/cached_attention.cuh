// Attention over a key/value cache on the cuda device: one block per query and head, whose threads
// divide the keys.
#pragma once

#include <zer0/device/detail/cuda/attention_row.cuh>

namespace zer0 {
namespace gpu {

inline constexpr int cached_chunk = 8;  ///< elements of a head per lane
inline constexpr int wide_chunk =
    24;  ///< in a very wide head: the latent vectors of multi-head latent attention

/// What a group of lanes finds for its keys: the weighted sum of their values, the largest score,
/// and the sum of exponentials.
template <int Groups, int Chunk>
struct cached_memory {
  float o[Groups][attention_threads / Groups * Chunk];
  float largest[Groups], sum[Groups];
};

/// A group of `Lanes` lanes works on one key at a time, each lane on `Chunk` elements of the head:
/// group g takes keys g, g + groups, ..., so that a warp reads whole rows. `W` elements are read at
/// once. At the end the softmaxes of the groups are joined.
template <class T, int Lanes, int W, int Chunk>
__global__ void cached_forward(attention_shape a, tensor_view<const T> q,
                               tensor_view<const T> cached_keys, tensor_view<const T> cached_values,
                               index_t capacity, const std::int32_t* starts, index_t sequences,
                               const std::int32_t* past, tensor_view<T> o) {
  constexpr int groups = attention_threads / Lanes;
  auto& memory = shared_memory<cached_memory<groups, Chunk>>();
  const index_t token = blockIdx.x, head = blockIdx.y;
  const index_t sequence = sequence_of(starts, sequences, token);
  const index_t keys = past[sequence] + token - starts[sequence] + 1;
  const int group = static_cast<int>(threadIdx.x) / Lanes;
  const index_t col = static_cast<int>(threadIdx.x) % Lanes * Chunk;
  const index_t kv = head / (a.heads / a.kv_heads);
  const T* const key = cached_keys.row(sequence * capacity) + kv * a.head_dim + col;
  const T* const value = cached_values.row(sequence * capacity) + kv * a.value_dim + col;

  const auto chunk_of = [&](const T* from, index_t width, float(&to)[Chunk]) {
#pragma unroll
    for (int i = 0; i < Chunk; i += W) {
      pack<T, W> in{};
      if (col + i < width) in = load<W>(from + i);
#pragma unroll
      for (int w = 0; w < W; ++w) to[i + w] = number(in.e[w]);
    }
  };
  float query[Chunk], sum_of_values[Chunk] = {};
  chunk_of(q.row(token) + head * a.head_dim + col, a.head_dim, query);
  float largest = -INFINITY, sum = 0;
  // The bounds are the same for all lanes of a warp, as the shuffles below need.
  for (index_t first = hidden_keys(a, keys); first < keys; first += groups) {
    const index_t j = first + group;
    const bool exists = j < keys;
    float k[Chunk], v[Chunk];
    chunk_of(key + j * cached_keys.stride, exists ? a.head_dim : 0, k);
    chunk_of(value + j * cached_values.stride, exists ? a.value_dim : 0, v);
    float s = 0;
#pragma unroll
    for (int i = 0; i < Chunk; ++i) s += query[i] * k[i];
#pragma unroll
    for (int mask = Lanes / 2; mask > 0; mask /= 2) s += __shfl_xor_sync(whole_warp, s, mask);
    if (!exists) continue;
    s = score_of(a, s);
    const float next = fmaxf(largest, s), old = expf(largest - next), p = expf(s - next);
    const float kept_p = p * kept(a, token * a.heads + head, j);
    sum = sum * old + p;
    largest = next;
#pragma unroll
    for (int i = 0; i < Chunk; ++i) sum_of_values[i] = sum_of_values[i] * old + kept_p * v[i];
  }

#pragma unroll
  for (int i = 0; i < Chunk; ++i) memory.o[group][col + i] = sum_of_values[i];
  memory.largest[group] = largest;
  memory.sum[group] = sum;
  __syncthreads();
  for (int g = 0; g < groups; ++g) largest = fmaxf(largest, memory.largest[g]);
  sum = 0;
  for (int g = 0; g < groups; ++g) sum += memory.sum[g] * expf(memory.largest[g] - largest);
  for (index_t c = threadIdx.x; c < a.value_dim; c += attention_threads) {
    float all = 0;
    for (int g = 0; g < groups; ++g) all += memory.o[g][c] * expf(memory.largest[g] - largest);
    o(token, head * a.value_dim + c) = static_cast<T>(all / sum);
  }
}

template <int Lanes, int W, int Chunk = cached_chunk, class Real>
void attend_cached(basic_cuda<Real>& d, const attention_sizes& a,
                   const cached_attention_operands<basic_cuda<Real>>& of) {
  launch(d, "cached_attention", &cached_forward<Real, Lanes, W, Chunk>,
         dim3(static_cast<unsigned>(of.q.rows), static_cast<unsigned>(a.heads)),
         dim3(attention_threads), sizeof(cached_memory<attention_threads / Lanes, Chunk>),
         shape_of(a, Lanes * Chunk), of.q, of.cache.keys, of.cache.values, of.cache.capacity,
         of.starts.data(), static_cast<index_t>(of.starts.size()) - 1, of.past.data(), of.o);
}

}  // namespace gpu

template <class Real>
void cached_attention(basic_cuda<Real>& d, const attention_sizes& a,
                      const cached_attention_operands<basic_cuda<Real>>& of) {
  using namespace gpu;
  if (of.q.rows == 0) return;
  constexpr int w = elements_at_once<Real>;
  const index_t width = std::max(a.head_dim, a.value_width());
  const bool packed = a.head_dim % w == 0 && a.value_width() % w == 0 && packs<w>(of.q) &&
                      packs<w>(of.cache.keys) && packs<w>(of.cache.values);
  if (width > 32 * cached_chunk)
    return packed ? attend_cached<32, w, wide_chunk>(d, a, of)
                  : attend_cached<32, 1, wide_chunk>(d, a, of);
  if (!packed && width <= 4 * cached_chunk) return attend_cached<4, 1>(d, a, of);
  if (!packed || width > 16 * cached_chunk) return attend_cached<32, 1>(d, a, of);
  if (width > 8 * cached_chunk) return attend_cached<16, w>(d, a, of);
  if (width > 4 * cached_chunk) return attend_cached<8, w>(d, a, of);
  attend_cached<4, w>(d, a, of);
}

}  // namespace zer0

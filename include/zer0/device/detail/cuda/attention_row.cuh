// What the attention kernels of the cuda device share: a warp works for one query, and its lanes
// divide the head.
#pragma once

#include <zer0/device/detail/cuda/random.cuh>

namespace zer0::gpu {

inline constexpr int attention_threads = 128;
inline constexpr int attention_rows =
    attention_threads / warp_size;         ///< queries, or keys, per block
inline constexpr int most_head_parts = 8;  ///< parts of 32 elements
inline constexpr index_t most_head_dim = most_head_parts * warp_size;

/// attention_sizes as kernels need them.
struct attention_shape {
  index_t heads, kv_heads, head_dim, value_dim;
  float scale;
  float cap, into_cap;       ///< the soft cap of scores, and scale / cap; both 0: no cap
  int window;                ///< no_window: none
  std::uint32_t drop_below;  ///< 0: no dropout
  float kept_factor;
  random_stream stream;
};

inline constexpr int no_window = 1 << 30;

inline void require_head(index_t width, index_t most) {
  require(width <= most, "cuda: a head of ", width, " elements is too wide; at most ", most,
          " are supported, so use more heads");
}

inline attention_shape shape_of(const attention_sizes& a, index_t most = most_head_dim) {
  require_head(a.head_dim, most);
  require_head(a.value_width(), most);
  return {a.heads,
          a.kv_heads,
          a.head_dim,
          a.value_width(),
          static_cast<float>(a.scale),
          static_cast<float>(a.soft_cap),
          a.soft_cap > 0 ? static_cast<float>(a.scale / a.soft_cap) : 0,
          a.window > 0 && a.window < no_window ? static_cast<int>(a.window) : no_window,
          a.dropout > 0 ? drop_below(a.dropout) : 0,
          static_cast<float>(1 / (1 - a.dropout)),
          a.stream};
}

/// The sequence that `token` belongs to: starts[s] <= token < starts[s + 1].
__device__ inline index_t sequence_of(const std::int32_t* starts, index_t sequences,
                                      index_t token) {
  index_t low = 0, high = sequences;
  while (high - low > 1) {
    const index_t middle = (low + high) / 2;
    (starts[middle] <= token ? low : high) = middle;
  }
  return low;
}

/// Is a probability kept? `row` is token * H + head, `key` its position in the sequence.
__device__ inline bool is_kept(const attention_shape& a, index_t row, index_t key) {
  return word_of(random_block(a.stream, row, key), key) >= a.drop_below;
}
/// What dropout multiplies a probability by: 0 if it is dropped, else 1/(1-p).
__device__ inline float kept(const attention_shape& a, index_t row, index_t key) {
  if (a.drop_below == 0) return 1;
  return is_kept(a, row, key) ? a.kept_factor : 0;
}

/// The score, given the product q k^T.
__device__ inline float score_of(const attention_shape& a, float product) {
  return a.cap == 0 ? a.scale * product : a.cap * tanhf(a.into_cap * product);
}
/// The derivative of a score with respect to scale * q k^T.
__device__ inline float slope_of(const attention_shape& a, float score) {
  if (a.cap == 0) return 1;
  const float t = score / a.cap;
  return 1 - t * t;
}
/// How many of the `keys` keys up to a query's own lie before its window.
__device__ inline index_t hidden_keys(const attention_shape& a, index_t keys) {
  return keys > a.window ? keys - a.window : 0;
}

/// A head's vector, divided among the lanes of a warp: lane l has elements l, l + 32, ...
struct head_vector {
  float e[most_head_parts];

  template <class T>
  __device__ static head_vector load(const T* from, index_t head_dim) {
    head_vector v;
    for (int i = 0; i < most_head_parts; ++i) {
      const index_t at = i * warp_size + threadIdx.x % warp_size;
      v.e[i] = at < head_dim ? number(from[at]) : 0;
    }
    return v;
  }
  template <class T>
  __device__ void store(T* to, index_t head_dim) const {
    for (int i = 0; i < most_head_parts; ++i) {
      const index_t at = i * warp_size + threadIdx.x % warp_size;
      if (at < head_dim) to[at] = static_cast<T>(e[i]);
    }
  }
  __device__ void add(float factor, const head_vector& other) {
    for (int i = 0; i < most_head_parts; ++i) e[i] += factor * other.e[i];
  }
  __device__ void scale(float factor) {
    for (int i = 0; i < most_head_parts; ++i) e[i] *= factor;
  }
};

/// The dot product of a and b, by one lane alone.
template <class T>
__device__ float dot(const T* a, const T* b, index_t n) {
  float sum = 0;
  for (index_t i = 0; i < n; ++i) sum += number(a[i]) * number(b[i]);
  return sum;
}

struct lane_values {
  float first, second;
};
struct attention_memory {
  lane_values of_warp[attention_rows][warp_size];
};

/// For first <= i < count, 32 at a time: each lane computes the values of one i by make(i, i <
/// count); then all lanes call use(i, values) for each i.
template <class Make, class Use>
__device__ void in_tiles(index_t first, index_t count, Make make, Use use) {
  lane_values* const values = shared_memory<attention_memory>().of_warp[threadIdx.x / warp_size];
  const unsigned lane = threadIdx.x % warp_size;
  for (index_t tile = first; tile < count; tile += warp_size) {
    values[lane] = make(tile + lane, tile + lane < count);
    __syncwarp();
    for (index_t i = tile; i < count && i < tile + warp_size; ++i) use(i, values[i - tile]);
    __syncwarp();
  }
}

/// softmax(scores) v over those of the first `keys` keys that the window holds, by online softmax.
/// Writes o; returns the logarithm of the sum of exponentials. `row`: row of the dropout mask.
template <class T>
__device__ float attend(const attention_shape& a, const T* q, const T* k, index_t k_stride,
                        const T* v, index_t v_stride, index_t keys, index_t row, head_vector& o) {
  float largest = -INFINITY, sum = 0;
  o = {};
  const auto probability = [&](index_t j, bool exists) {
    const float s = exists ? score_of(a, dot(q, k + j * k_stride, a.head_dim)) : -INFINITY;
    const float next = fmaxf(largest, warp_max(s));
    const float old = expf(largest - next), p = expf(s - next);
    sum = sum * old + warp_sum(p);
    o.scale(old);
    largest = next;
    return lane_values{exists ? p * kept(a, row, j) : 0, 0};
  };
  in_tiles(hidden_keys(a, keys), keys, probability, [&](index_t j, lane_values p) {
    o.add(p.first, head_vector::load(v + j * v_stride, a.value_dim));
  });
  o.scale(1 / sum);
  return largest + logf(sum);
}

/// The token and head that a warp works for. `find` returns false for a warp beyond the last token.
struct attention_task {
  index_t token, head;
  __device__ bool find(index_t tokens, index_t heads) {
    const index_t task = index_t{blockIdx.x} * attention_rows + threadIdx.x / warp_size;
    token = task / heads;
    head = task % heads;
    return token < tokens;
  }
};

inline dim3 attention_blocks(index_t tokens, index_t heads) {
  return {blocks_for(tokens * heads, attention_rows)};
}

}  // namespace zer0::gpu

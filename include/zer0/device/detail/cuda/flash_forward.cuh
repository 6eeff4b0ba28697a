// The forward pass of flash attention on tensor cores, for numbers of 16 bits.
#pragma once

#include <zer0/device/detail/cuda/attention_row.cuh>
#include <zer0/device/detail/cuda/tile.cuh>

namespace zer0::gpu {

inline constexpr float log2_of_e = 1.4426950408889634f;

inline constexpr int forward_keys = 64;  ///< keys per step

template <class T, int C>
struct forward_memory {
  shared_tile<T, tile_rows, C> q;
  shared_tile<T, forward_keys, C> k[2], v[2];
};

/// The queries that a block works for: 64 tokens of one head. The blocks with the longest rows come
/// first.
struct block_queries {
  index_t head, kv_head;
  int tokens, first, last;

  __device__ block_queries(const attention_shape& a, index_t rows)
      : head(blockIdx.x),
        kv_head(head / (a.heads / a.kv_heads)),
        tokens(static_cast<int>(rows)),
        first(static_cast<int>(gridDim.y - 1 - blockIdx.y) * tile_rows),
        last(min(first + tile_rows, tokens) - 1) {}
};

/// The keys that a block's queries see, in steps of `Keys`: from the first key that its first query
/// sees to its last token.
template <int Keys>
struct key_steps {
  int first_key, all_seen_from, steps;

  __device__ key_steps(const attention_shape& a, const block_queries& b, const std::int32_t* starts,
                       index_t sequences)
      : first_key(max(starts[sequence_of(starts, sequences, b.first)], b.first - a.window + 1)),
        all_seen_from(max(starts[sequence_of(starts, sequences, b.last)], b.last - a.window + 1)),
        steps((b.last - first_key) / Keys + 1) {}

  [[nodiscard]] __device__ int key(int step) const { return first_key + step * Keys; }
  /// Does every query see every key of a step?
  [[nodiscard]] __device__ bool all_seen(int step, const block_queries& b) const {
    return all_seen_from <= key(step) && key(step) + Keys - 1 <= b.first;
  }
  /// Starts copying the keys and values of a step, if it exists, as one group.
  template <class Memory, class T>
  __device__ void copy(Memory& memory, tensor_view<const T> keys, tensor_view<const T> values,
                       int step, int end) const {
    if (step < steps) {
      copy_tile(memory.k[step % 2], keys, key(step), end);
      copy_tile(memory.v[step % 2], values, key(step), end);
    }
    copy_async_commit();
  }
};

/// The queries that a lane works for: rows l/4 and l/4 + 8 of its warp. Tokens that do not exist
/// see no key.
struct lane_queries {
  int token[2], start[2];
  unsigned seen[2];  ///< how many of the last keys the query sees

  __device__ lane_queries(const attention_shape& a, int first, int tokens,
                          const std::int32_t* starts, index_t sequences) {
#pragma unroll
    for (int r = 0; r < 2; ++r) {
      token[r] = first + 16 * warp_of_thread() + 8 * r + lane_of_thread() / 4;
      start[r] =
          token[r] < tokens ? starts[sequence_of(starts, sequences, token[r])] : token[r] + 1;
      seen[r] = static_cast<unsigned>(min(token[r] - start[r] + 1, a.window));
    }
  }
  /// Does query r see this key? The distance to a later key is negative, and so a very large
  /// unsigned number.
  [[nodiscard]] __device__ bool sees(int r, int key) const {
    return static_cast<unsigned>(token[r] - key) < seen[r];
  }
  /// Which of (query 0 and 1) x (key, the next one) dropout keeps, as four bits.
  [[nodiscard]] __device__ unsigned kept(const attention_shape& a, index_t head, int key) const {
    unsigned bits = 0;
#pragma unroll
    for (int r = 0; r < 2; ++r) {
      const index_t row = token[r] * a.heads + head;
      const int at = key - start[r];
      auto block = random_block(a.stream, row, at);
      bits |= (word_of(block, at) >= a.drop_below ? 1u : 0u) << 2 * r;
      if (at % 4 == 3) block = random_block(a.stream, row, at + 1);
      bits |= (word_of(block, at + 1) >= a.drop_below ? 2u : 0u) << 2 * r;
    }
    return bits;
  }
};

/// Dropout of the probabilities in a result. Bit 4n+i is for number i of piece n; `kept(n)` gives
/// the four bits of a piece. The loop is not unrolled: random numbers would take the registers of
/// everything that waits meanwhile.
template <int N>
struct dropout_bits {
  unsigned bits = 0;
  float factor;

  template <class Kept>
  __device__ dropout_bits(const attention_shape& a, Kept kept) : factor(a.kept_factor) {
    static_assert(N <= 8);
    if (a.drop_below == 0) return;
#pragma unroll 1
    for (int n = 0; n < N; ++n) bits |= kept(n) << 4 * n;
  }
  __device__ void apply(float (&result)[N][4]) const {
#pragma unroll
    for (int n = 0; n < N; ++n)
#pragma unroll
      for (int i = 0; i < 4; ++i) result[n][i] *= (bits >> (4 * n + i) & 1) != 0 ? factor : 0;
  }
  /// Sets the dropped numbers of columns 16k .. 16k+15, given as a left operand, to zero; does not
  /// apply the factor.
  __device__ void drop(fragment& f, int k) const {
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      const unsigned pair = bits >> (8 * k + 2 * i) & 3;
      f.r[i] &= ((pair & 1) != 0 ? 0xffffu : 0u) | ((pair & 2) != 0 ? 0xffff0000u : 0u);
    }
  }
};

/// The factor that turns a product q k^T, after `soften`, into a score of base 2: exp2(score) is
/// exp of the usual one.
__device__ inline float power_scale(const attention_shape& a) {
  return (a.cap == 0 ? a.scale : a.cap) * log2_of_e;
}
/// tanh, with an absolute error of a few 2^-23, in a fifth of tanhf's instructions: scores of
/// 16-bit operands are no better.
__device__ inline float fast_tanh(float x) {
  return 1 - __fdividef(2, 1 + exp2f(2 * log2_of_e * x));
}
/// With a soft cap, turns products into tanh(scale q k^T / cap); power_scale is applied afterwards.
template <int N>
__device__ void soften(const attention_shape& a, float (&s)[N][4]) {
  if (a.cap == 0) return;
#pragma unroll
  for (int n = 0; n < N; ++n)
#pragma unroll
    for (int i = 0; i < 4; ++i) s[n][i] = fast_tanh(a.into_cap * s[n][i]);
}

/// The running softmax of a lane's two rows; scores have base 2.
struct online_softmax {
  float largest[2] = {-INFINITY, -INFINITY}, sum[2] = {0, 0};  ///< sum: over this lane's columns

  /// Turns scores into exp2(score - largest). Writes to `old` what earlier results must be
  /// multiplied by.
  template <int N>
  __device__ void step(float (&s)[N][4], float (&old)[2]) {
#pragma unroll
    for (int r = 0; r < 2; ++r) {
      float next = largest[r];
#pragma unroll
      for (int n = 0; n < N; ++n) next = fmaxf(next, fmaxf(s[n][2 * r], s[n][2 * r + 1]));
      next = fmaxf(next, __shfl_xor_sync(whole_warp, next, 1));
      next = fmaxf(next, __shfl_xor_sync(whole_warp, next, 2));
      const float base =
          next == -INFINITY ? 0 : next;  // no key seen yet: exp2(-inf - 0) is 0, without a NaN
      old[r] = exp2f(largest[r] - base);
      largest[r] = next;
      float added = 0;
#pragma unroll
      for (int n = 0; n < N; ++n) {
        s[n][2 * r] = exp2f(s[n][2 * r] - base);
        s[n][2 * r + 1] = exp2f(s[n][2 * r + 1] - base);
        added += s[n][2 * r] + s[n][2 * r + 1];
      }
      sum[r] = sum[r] * old[r] + added;
    }
  }
  /// The sum over the whole row.
  __device__ float total(int r) const {
    float all = sum[r];
    all += __shfl_xor_sync(whole_warp, all, 1);
    return all + __shfl_xor_sync(whole_warp, all, 2);
  }
};

/// A block computes attention for 64 tokens of one head, in steps of 64 keys, while the next keys
/// and values are copied. The tokens may belong to several sequences: keys of another sequence are
/// masked.
template <class T, int C>
__global__ void __launch_bounds__(tile_threads)
    flash_forward_tiles(attention_shape a, tensor_view<const T> q, tensor_view<const T> k,
                        tensor_view<const T> v, const std::int32_t* starts, index_t sequences,
                        tensor_view<T> o, float* lse) {
  auto& memory = shared_memory<forward_memory<T, C>>();
  const block_queries block(a, q.rows);
  const auto keys = k.col_block(block.kv_head * a.head_dim, a.head_dim);
  const auto values = v.col_block(block.kv_head * a.head_dim, a.head_dim);
  copy_tile(memory.q, q.col_block(block.head * a.head_dim, a.head_dim), block.first, block.tokens);
  const key_steps<forward_keys> seen(a, block, starts, sequences);
  seen.copy(memory, keys, values, 0, block.last + 1);

  const lane_queries queries(a, block.first, block.tokens, starts, sequences);
  const float scale = power_scale(a);
  float out[C / 8][4] = {};
  online_softmax softmax;
  for (int step = 0; step < seen.steps; ++step) {
    seen.copy(memory, keys, values, step + 1, block.last + 1);
    copy_async_wait<1>();
    __syncthreads();
    float s[forward_keys / 8][4] = {};
    multiply_transposed(s, [&](int i) { return left_of(memory.q, i); }, memory.k[step % 2]);
    soften(a, s);

    const int own = seen.key(step) + lane_of_thread() % 4 * 2;
    const bool all_seen = seen.all_seen(step, block);
#pragma unroll
    for (int n = 0; n < forward_keys / 8; ++n)
#pragma unroll
      for (int i = 0; i < 4; ++i)
        s[n][i] =
            all_seen || queries.sees(i / 2, own + 8 * n + i % 2) ? s[n][i] * scale : -INFINITY;
    float old[2];
    softmax.step(s, old);
#pragma unroll
    for (int n = 0; n < C / 8; ++n)
#pragma unroll
      for (int i = 0; i < 4; ++i) out[n][i] *= old[i / 2];
    const dropout_bits<forward_keys / 8> dropout(
        a, [&](int n) { return queries.kept(a, block.head, own + 8 * n); });
    const auto kept = [&](int i) {
      fragment p = left_of<T>(s, i);
      if (a.drop_below != 0) dropout.drop(p, i);
      return p;
    };
    multiply(out, kept, memory.v[step % 2]);
    __syncthreads();  // before the next copy into these keys
  }

#pragma unroll
  for (int r = 0; r < 2; ++r) {
    const float total = softmax.total(r), factor = a.kept_factor / total;
#pragma unroll
    for (int n = 0; n < C / 8; ++n) {
      out[n][2 * r] *= factor;
      out[n][2 * r + 1] *= factor;
    }
    if (lane_of_thread() % 4 == 0 && queries.token[r] < block.tokens)
      lse[queries.token[r] * a.heads + block.head] =
          (softmax.largest[r] + log2f(total)) / log2_of_e;
  }
  store_rows(out, 1, memory.q, o.col_block(block.head * a.head_dim, a.head_dim), block.first);
}

}  // namespace zer0::gpu

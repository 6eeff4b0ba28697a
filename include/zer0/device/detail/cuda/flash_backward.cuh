// The backward pass of flash attention on tensor cores, for 16-bit types: one kernel for the
// gradients of queries, one for those of keys and values. Each block owns what it writes, so no
// atomics are needed and every run gives the same bits. The price: scores are computed in both
// kernels, which makes seven products instead of the five of a single kernel.
#pragma once

#include <zer0/device/detail/cuda/flash_forward.cuh>

namespace zer0::gpu {

/// Keys, or queries, per step: fewer for wide heads, whose sums fill the registers.
template <int C>
inline constexpr int backward_step = C > 64 ? 32 : 64;

template <class T, int C>
struct query_gradient_memory {
  shared_tile<T, tile_rows, C> q, dout;
  shared_tile<T, backward_step<C>, C> k[2], v[2];
};

/// Softens s, and multiplies ds - dot of the row, the gradient of the scores, by the slope of tanh,
/// 1 - tanh^2; dot is then added again.
template <int N>
__device__ void soften(const attention_shape& a, float (&s)[N][4], float (&ds)[N][4],
                       const float (&dot)[2]) {
  soften(a, s);
#pragma unroll
  for (int n = 0; n < N; ++n)
#pragma unroll
    for (int i = 0; i < 4; ++i)
      ds[n][i] = (ds[n][i] - dot[i / 2]) * (1 - s[n][i] * s[n][i]) + dot[i / 2];
}

/// dq = scale sum_j ds_j k_j with ds = p (keep dp - do . o) and dp = do . v_j; p comes from the lse
/// of the forward pass. `dots`: do . o of each token and head. With heads of 64 elements, three
/// blocks fit on a multiprocessor if the compiler is told to.
template <class T, int C>
__global__ void __launch_bounds__(tile_threads, C == 64 ? 3 : 1)
    flash_query_gradient_tiles(attention_shape a, tensor_view<const T> q, tensor_view<const T> k,
                               tensor_view<const T> v, const std::int32_t* starts,
                               index_t sequences, const float* lse, const float* dots,
                               tensor_view<const T> dout, tensor_view<T> dq) {
  constexpr int keys_of_step = backward_step<C>;
  auto& memory = shared_memory<query_gradient_memory<T, C>>();
  const block_queries block(a, q.rows);
  const auto keys = k.col_block(block.kv_head * a.head_dim, a.head_dim);
  const auto values = v.col_block(block.kv_head * a.head_dim, a.head_dim);
  copy_tile(memory.q, q.col_block(block.head * a.head_dim, a.head_dim), block.first, block.tokens);
  copy_tile(memory.dout, dout.col_block(block.head * a.head_dim, a.head_dim), block.first,
            block.tokens);
  const key_steps<keys_of_step> seen_keys(a, block, starts, sequences);
  seen_keys.copy(memory, keys, values, 0, block.last + 1);

  const lane_queries queries(a, block.first, block.tokens, starts, sequences);
  float row_lse[2], row_dot[2];
#pragma unroll
  for (int r = 0; r < 2; ++r) {
    const bool exists = queries.token[r] < block.tokens;
    row_lse[r] = exists ? log2_of_e * lse[queries.token[r] * a.heads + block.head] : 0;
    row_dot[r] = exists ? dots[queries.token[r] * a.heads + block.head] : 0;
  }
  const float scale = power_scale(a);
  float sum[C / 8][4] = {};
  for (int step = 0; step < seen_keys.steps; ++step) {
    seen_keys.copy(memory, keys, values, step + 1, block.last + 1);
    copy_async_wait<1>();
    __syncthreads();
    float p[keys_of_step / 8][4] = {}, ds[keys_of_step / 8][4] = {};
    multiply_transposed(p, [&](int i) { return left_of(memory.q, i); }, memory.k[step % 2]);
    multiply_transposed(ds, [&](int i) { return left_of(memory.dout, i); }, memory.v[step % 2]);

    const int own = seen_keys.key(step) + lane_of_thread() % 4 * 2;
    const bool all_seen = seen_keys.all_seen(step, block);
    if (a.drop_below != 0)
      dropout_bits<keys_of_step / 8>(a, [&](int n) {
        return queries.kept(a, block.head, own + 8 * n);
      }).apply(ds);
    if (a.cap != 0) soften(a, p, ds, row_dot);
#pragma unroll
    for (int n = 0; n < keys_of_step / 8; ++n)
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        const bool seen = all_seen || queries.sees(i / 2, own + 8 * n + i % 2);
        ds[n][i] = seen ? exp2f(p[n][i] * scale - row_lse[i / 2]) * (ds[n][i] - row_dot[i / 2]) : 0;
      }
    multiply(sum, [&](int i) { return left_of<T>(ds, i); }, memory.k[step % 2]);
    __syncthreads();  // before the next copy into these keys
  }
  store_rows(sum, a.scale, memory.q, dq.col_block(block.head * a.head_dim, a.head_dim),
             block.first);
}

/// Two numbers of each query of a step. For a query that does not exist, lse is infinite: all of
/// its probabilities are 0.
struct query_numbers {
  float lse, dot;
};

template <class T, int C>
struct key_gradient_memory {
  shared_tile<T, tile_rows, C> k, v;
  shared_tile<T, backward_step<C>, C> q[2], dout[2];
  query_numbers numbers[2][backward_step<C>];
};

/// The keys that a lane works for: rows l/4 and l/4 + 8 of its warp. A key is seen by the queries
/// from its own token to the end of its sequence or of the last window that holds it.
struct lane_keys {
  int token[2], start[2], end[2];

  __device__ lane_keys(const attention_shape& a, int first, int tokens, const std::int32_t* starts,
                       index_t sequences) {
#pragma unroll
    for (int r = 0; r < 2; ++r) {
      token[r] = first + 16 * warp_of_thread() + 8 * r + lane_of_thread() / 4;
      const index_t s = token[r] < tokens ? sequence_of(starts, sequences, token[r]) : 0;
      start[r] = starts[s];
      end[r] = token[r] < tokens ? min(starts[s + 1], token[r] + a.window) : 0;
    }
  }
  [[nodiscard]] __device__ bool seen_by(int query, int r) const {
    return token[r] <= query && query < end[r];
  }
  /// Which of (key 0 and 1) x (query, the next one) dropout keeps, as four bits.
  [[nodiscard]] __device__ unsigned kept(const attention_shape& a, index_t head, int query) const {
    unsigned bits = 0;
#pragma unroll
    for (int i = 0; i < 4; ++i)
      bits |= (is_kept(a, (query + i % 2) * a.heads + head, token[i / 2] - start[i / 2]) ? 1u : 0u)
              << i;
    return bits;
  }
};

/// dv_j = sum_i keep p_i do_i, dk_j = scale sum_i ds_i q_i over the queries i of all heads that
/// read key/value head blockIdx.x. All products are computed transposed: their rows are keys.
template <class T, int C>
__global__ void __launch_bounds__(tile_threads)
    flash_key_gradient_tiles(attention_shape a, tensor_view<const T> q, tensor_view<const T> k,
                             tensor_view<const T> v, const std::int32_t* starts, index_t sequences,
                             const float* lse, const float* dots, tensor_view<const T> dout,
                             tensor_view<T> dk, tensor_view<T> dv) {
  constexpr int queries_of_step = backward_step<C>, pieces = queries_of_step / 8;
  auto& memory = shared_memory<key_gradient_memory<T, C>>();
  const int kv_head = static_cast<int>(blockIdx.x), group = static_cast<int>(a.heads / a.kv_heads);
  const int tokens = static_cast<int>(k.rows);
  const int first =
      static_cast<int>(blockIdx.y) * tile_rows;  // the keys that most queries see come first
  const int last = min(first + tile_rows, tokens) - 1;
  const int end = min(starts[sequence_of(starts, sequences, last) + 1], last + a.window);
  const int first_end = min(starts[sequence_of(starts, sequences, first) + 1], first + a.window);
  copy_tile(memory.k, k.col_block(kv_head * a.head_dim, a.head_dim), first, tokens);
  copy_tile(memory.v, v.col_block(kv_head * a.head_dim, a.head_dim), first, tokens);

  const int steps_of_head = (end - 1 - first) / queries_of_step + 1, steps = group * steps_of_head;
  const auto head_of = [&](int step) { return kv_head * group + step / steps_of_head; };
  const auto query_of = [&](int step) { return first + step % steps_of_head * queries_of_step; };
  const auto copy_queries = [&](int step) {
    if (step < steps) {
      const index_t col = head_of(step) * a.head_dim;
      copy_tile(memory.q[step % 2], q.col_block(col, a.head_dim), query_of(step), end);
      copy_tile(memory.dout[step % 2], dout.col_block(col, a.head_dim), query_of(step), end);
    }
    copy_async_commit();
  };
  // Read before a step's products and put into shared memory after them, so that no thread waits
  // for the numbers.
  const auto numbers_of = [&](int step) -> query_numbers {
    const int token = query_of(step) + static_cast<int>(threadIdx.x);
    if (step >= steps || threadIdx.x >= queries_of_step || token >= end) return {INFINITY, 0};
    const index_t row = token * a.heads + head_of(step);
    return {log2_of_e * lse[row], dots[row]};
  };
  const auto put_numbers = [&](index_t step, query_numbers n) {
    if (threadIdx.x < queries_of_step) memory.numbers[step % 2][threadIdx.x] = n;
  };
  copy_queries(0);
  put_numbers(0, numbers_of(0));

  const lane_keys keys(a, first, tokens, starts, sequences);
  const float scale = power_scale(a);
  float to_key[C / 8][4] = {}, to_value[C / 8][4] = {};
  for (int step = 0; step < steps; ++step) {
    copy_queries(step + 1);
    const query_numbers next = numbers_of(step + 1);
    copy_async_wait<1>();
    __syncthreads();
    const int own = lane_of_thread() % 4 * 2, query = query_of(step) + own;
    const bool all_seen = last <= query_of(step) && query_of(step) + queries_of_step <= first_end;
    float p[pieces][4] = {}, ds[pieces][4] = {};
    multiply_transposed(p, [&](int i) { return left_of(memory.k, i); }, memory.q[step % 2]);
    soften(a, p);
#pragma unroll
    for (int n = 0; n < pieces; ++n)
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        const int col = 8 * n + i % 2;
        const bool seen = all_seen || keys.seen_by(query + col, i / 2);
        p[n][i] = seen ? exp2f(p[n][i] * scale - memory.numbers[step % 2][own + col].lse) : 0;
      }
    fragment kept[pieces / 2];
#pragma unroll
    for (int k16 = 0; k16 < pieces / 2; ++k16) kept[k16] = left_of<T>(p, k16);
    const dropout_bits<pieces> dropout(
        a, [&](int n) { return keys.kept(a, head_of(step), query + 8 * n); });
    if (a.drop_below != 0)
#pragma unroll
      for (int k16 = 0; k16 < pieces / 2; ++k16) dropout.drop(kept[k16], k16);
    multiply(to_value, [&](int i) { return kept[i]; }, memory.dout[step % 2]);

    multiply_transposed(ds, [&](int i) { return left_of(memory.v, i); }, memory.dout[step % 2]);
    if (a.drop_below != 0) dropout.apply(ds);
#pragma unroll
    for (int n = 0; n < pieces; ++n)
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        const query_numbers numbers = memory.numbers[step % 2][own + 8 * n + i % 2];
        ds[n][i] = p[n][i] * (ds[n][i] - numbers.dot);
        if (a.cap != 0 &&
            p[n][i] != 0) {  // the slope of tanh, from p: keeping the scores would take registers
          const float t = (log2f(p[n][i]) + numbers.lse) / scale;
          ds[n][i] *= 1 - t * t;
        }
      }
    multiply(to_key, [&](int i) { return left_of<T>(ds, i); }, memory.q[step % 2]);
    put_numbers(step + 1, next);
    __syncthreads();  // before the next copy into these queries
  }
  store_rows(to_key, a.scale, memory.k, dk.col_block(kv_head * a.head_dim, a.head_dim), first);
  store_rows(to_value, a.kept_factor, memory.v, dv.col_block(kv_head * a.head_dim, a.head_dim),
             first);
}

}  // namespace zer0::gpu

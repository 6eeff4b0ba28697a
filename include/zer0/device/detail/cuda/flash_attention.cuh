// Flash attention of the cuda device: no matrix of scores exists. 16-bit types use tensor cores, in
// tiles (flash_forward.cuh, flash_backward.cuh). Float, and heads that do not fit tiles, use the
// kernels here, with one warp per query or key.
#pragma once

#include <zer0/device/detail/cuda/flash_backward.cuh>

namespace zer0 {
namespace gpu {

template <class T>
__global__ void flash_forward(attention_shape a, tensor_view<const T> q, tensor_view<const T> k,
                              tensor_view<const T> v, const std::int32_t* starts, index_t sequences,
                              tensor_view<T> o, float* lse) {
  attention_task at;
  if (!at.find(q.rows, a.heads)) return;
  const index_t first = starts[sequence_of(starts, sequences, at.token)];
  const index_t kv_head = at.head / (a.heads / a.kv_heads), kv = kv_head * a.head_dim,
                own = at.head * a.head_dim;
  const index_t kv_value = kv_head * a.value_dim, own_value = at.head * a.value_dim;
  const index_t row = at.token * a.heads + at.head;
  head_vector out;
  const float total = attend(a, q.row(at.token) + own, k.row(first) + kv, k.stride,
                             v.row(first) + kv_value, v.stride, at.token - first + 1, row, out);
  out.store(o.row(at.token) + own_value, a.value_dim);
  if (threadIdx.x % warp_size == 0) lse[row] = total;
}

/// do . o of each token and head, which is sum_j p_j dp_j without a loop over the keys.
template <int W, class T>
__global__ void flash_row_dots(attention_shape a, tensor_view<const T> o, tensor_view<const T> dout,
                               float* dots) {
  attention_task at;
  if (!at.find(o.rows, a.heads)) return;
  const T* const x = o.row(at.token) + at.head * a.value_dim;
  const T* const y = dout.row(at.token) + at.head * a.value_dim;
  float sum = 0;
  for (index_t i = threadIdx.x % warp_size * W; i < a.value_dim; i += warp_size * W) {
    const auto left = load<W>(x + i), right = load<W>(y + i);
#pragma unroll
    for (int w = 0; w < W; ++w) sum += number(left.e[w]) * number(right.e[w]);
  }
  sum = warp_sum(sum);
  if (threadIdx.x % warp_size == 0) dots[at.token * a.heads + at.head] = sum;
}

/// dq = scale sum_j p_j (keep_j do . v_j - do . o) k_j.
template <class T>
__global__ void flash_query_gradients(attention_shape a, tensor_view<const T> q,
                                      tensor_view<const T> k, tensor_view<const T> v,
                                      const std::int32_t* starts, index_t sequences,
                                      const float* lse, const float* dots,
                                      tensor_view<const T> dout, tensor_view<T> dq) {
  attention_task at;
  if (!at.find(q.rows, a.heads)) return;
  const index_t first = starts[sequence_of(starts, sequences, at.token)];
  const index_t kv_head = at.head / (a.heads / a.kv_heads), kv = kv_head * a.head_dim,
                own = at.head * a.head_dim;
  const index_t kv_value = kv_head * a.value_dim, own_value = at.head * a.value_dim;
  const index_t row = at.token * a.heads + at.head;
  const T* const query = q.row(at.token) + own;
  const T* const gradient = dout.row(at.token) + own_value;
  head_vector sum{};
  const auto score_gradient = [&](index_t j, bool exists) {
    if (!exists) return lane_values{};
    const float s = score_of(a, dot(query, k.row(first + j) + kv, a.head_dim)),
                p = expf(s - lse[row]);
    const float dp = kept(a, row, j) * dot(gradient, v.row(first + j) + kv_value, a.value_dim);
    return lane_values{a.scale * slope_of(a, s) * p * (dp - dots[row]), 0};
  };
  const index_t keys = at.token - first + 1;
  in_tiles(hidden_keys(a, keys), keys, score_gradient, [&](index_t j, lane_values ds) {
    sum.add(ds.first, head_vector::load(k.row(first + j) + kv, a.head_dim));
  });
  sum.store(dq.row(at.token) + own, a.head_dim);
}

/// One warp per key and key/value head. It sums over the later queries of all query heads that read
/// the key, so that no other warp adds to the same gradient.
template <class T>
__global__ void flash_key_gradients(attention_shape a, tensor_view<const T> q,
                                    tensor_view<const T> k, tensor_view<const T> v,
                                    const std::int32_t* starts, index_t sequences, const float* lse,
                                    const float* dots, tensor_view<const T> dout, tensor_view<T> dk,
                                    tensor_view<T> dv) {
  attention_task at;
  if (!at.find(k.rows, a.kv_heads)) return;
  const index_t sequence = sequence_of(starts, sequences, at.token);
  const index_t j = at.token - starts[sequence], later = starts[sequence + 1] - at.token;
  const index_t queries =
      later < a.window ? later : a.window;  // queries that see the key, its own included
  const index_t group = a.heads / a.kv_heads, own = at.head * a.head_dim,
                own_value = at.head * a.value_dim;
  const T* const key = k.row(at.token) + own;
  const T* const value = v.row(at.token) + own_value;
  head_vector to_key{}, to_value{};
  for (index_t head = at.head * group; head < (at.head + 1) * group; ++head) {
    const index_t col = head * a.head_dim, col_value = head * a.value_dim;
    const auto gradients = [&](index_t i, bool exists) {
      if (!exists) return lane_values{};
      const index_t token = at.token + i, row = token * a.heads + head;
      const T* const gradient = dout.row(token) + col_value;
      const float s = score_of(a, dot(q.row(token) + col, key, a.head_dim)), p = expf(s - lse[row]);
      const float keep = kept(a, row, j);
      const float dp = keep * dot(gradient, value, a.value_dim);
      return lane_values{keep * p, a.scale * slope_of(a, s) * p * (dp - dots[row])};
    };
    in_tiles(0, queries, gradients, [&](index_t i, lane_values g) {
      to_value.add(g.first, head_vector::load(dout.row(at.token + i) + col_value, a.value_dim));
      to_key.add(g.second, head_vector::load(q.row(at.token + i) + col, a.head_dim));
    });
  }
  to_key.store(dk.row(at.token) + own, a.head_dim);
  to_value.store(dv.row(at.token) + own_value, a.value_dim);
}

inline constexpr index_t most_tile_head_dim = 128;

/// Can tiles be copied 16 bytes at a time? Not for float, for heads that are very wide or no
/// multiple of 8, for values of another width than keys, and for unaligned addresses.
template <class Real>
bool fits_tiles(const attention_sizes& a, std::initializer_list<tensor_view<const Real>> views) {
  if constexpr (sizeof(Real) != 2) return false;
  bool fits =
      a.head_dim % 8 == 0 && a.head_dim <= most_tile_head_dim && a.value_width() == a.head_dim;
  for (const auto& v : views) fits = fits && packs<8>(v);
  return fits;
}

/// Calls f with the width of tiles for heads of `head_dim`, as a compile-time constant.
template <class F>
void with_tile_width(index_t head_dim, F f) {
  if (head_dim <= 32) return f(std::integral_constant<int, 32>());
  if (head_dim <= 64) return f(std::integral_constant<int, 64>());
  f(std::integral_constant<int, 128>());
}

inline dim3 tile_blocks(index_t heads, index_t tokens) {
  return {static_cast<unsigned>(heads), blocks_for(tokens, tile_rows)};
}

}  // namespace gpu

template <class Real>
void flash_attention_forward(basic_cuda<Real>& d, const attention_sizes& a,
                             const flash_attention_forward_operands<basic_cuda<Real>>& of) {
  using namespace gpu;
  if (of.q.rows == 0) return;
  const char* const name = "flash_attention_forward";
  const attention_shape shape = shape_of(a);
  const auto sequences = static_cast<index_t>(of.starts.size()) - 1;
  if constexpr (sizeof(Real) == 2)
    if (fits_tiles<Real>(a, {of.q, of.k, of.v, of.o}))
      return with_tile_width(a.head_dim, [&](auto width) {
        constexpr int c = decltype(width)::value;
        launch(d, name, &flash_forward_tiles<Real, c>, tile_blocks(a.heads, of.q.rows),
               dim3(tile_threads), sizeof(forward_memory<Real, c>), shape, of.q, of.k, of.v,
               of.starts.data(), sequences, of.o, of.lse.data());
      });
  launch(d, name, &flash_forward<Real>, attention_blocks(of.q.rows, a.heads),
         dim3(attention_threads), sizeof(attention_memory), shape, of.q, of.k, of.v,
         of.starts.data(), sequences, of.o, of.lse.data());
}

template <class Real>
void flash_attention_backward(basic_cuda<Real>& d, const attention_sizes& a,
                              const flash_attention_backward_operands<basic_cuda<Real>>& of) {
  using namespace gpu;
  if (of.q.rows == 0) return;
  const char* const name = "flash_attention_backward";
  const attention_shape shape = shape_of(a);
  const auto sequences = static_cast<index_t>(of.starts.size()) - 1;
  const dim3 of_queries = attention_blocks(of.q.rows, a.heads),
             of_keys = attention_blocks(of.k.rows, a.kv_heads);
  float* const dots = of.scratch.data();
  if constexpr (sizeof(Real) == 2)
    if (fits_tiles<Real>(a, {of.q, of.k, of.v, of.o, of.dout, of.dq, of.dk, of.dv})) {
      launch(d, name, &flash_row_dots<8, Real>, of_queries, dim3(attention_threads), 0, shape, of.o,
             of.dout, dots);
      return with_tile_width(a.head_dim, [&](auto width) {
        constexpr int c = decltype(width)::value;
        launch(d, name, &flash_query_gradient_tiles<Real, c>, tile_blocks(a.heads, of.q.rows),
               dim3(tile_threads), sizeof(query_gradient_memory<Real, c>), shape, of.q, of.k, of.v,
               of.starts.data(), sequences, of.lse.data(), dots, of.dout, of.dq);
        launch(d, name, &flash_key_gradient_tiles<Real, c>, tile_blocks(a.kv_heads, of.k.rows),
               dim3(tile_threads), sizeof(key_gradient_memory<Real, c>), shape, of.q, of.k, of.v,
               of.starts.data(), sequences, of.lse.data(), dots, of.dout, of.dk, of.dv);
      });
    }
  launch(d, name, &flash_row_dots<1, Real>, of_queries, dim3(attention_threads), 0, shape, of.o,
         of.dout, dots);
  launch(d, name, &flash_query_gradients<Real>, of_queries, dim3(attention_threads),
         sizeof(attention_memory), shape, of.q, of.k, of.v, of.starts.data(), sequences,
         of.lse.data(), dots, of.dout, of.dq);
  launch(d, name, &flash_key_gradients<Real>, of_keys, dim3(attention_threads),
         sizeof(attention_memory), shape, of.q, of.k, of.v, of.starts.data(), sequences,
         of.lse.data(), dots, of.dout, of.dk, of.dv);
}

}  // namespace zer0

// Flash attention of the cuda device: no matrix of scores exists. On tensor cores for numbers of 16 bits.
#pragma once

#include <zer0/device/cuda/flash_backward.cuh>
#include <zer0/device/cuda/flash_rows.cuh>

namespace zer0 {
namespace gpu {

inline constexpr index_t most_tile_head_dim = 128;

/// Can tiles be copied 16 bytes at a time? Else a warp a query does it: float, odd or very wide heads,
/// values of another width than keys, odd addresses.
template <class Real>
bool fits_tiles(const attention_sizes& a, std::initializer_list<tensor_view<const Real>> views) {
  if constexpr (sizeof(Real) != 2) return false;
  bool fits = a.head_dim % 8 == 0 && a.head_dim <= most_tile_head_dim && a.value_width() == a.head_dim;
  for (const auto& v : views) fits = fits && packs<8>(v);
  return fits;
}

/// Calls f with the width of tiles, a constant, for a head.
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
void flash_attention_forward(basic_cuda<Real>& d, const attention_sizes& a, const_view<basic_cuda<Real>> q,
                             const_view<basic_cuda<Real>> k, const_view<basic_cuda<Real>> v, id_span starts,
                             view<basic_cuda<Real>> o, wide_span<basic_cuda<Real>> lse) {
  using namespace gpu;
  if (q.rows == 0) return;
  const char* const name = "flash_attention_forward";
  const attention_shape shape = shape_of(a);
  const auto sequences = static_cast<index_t>(starts.size()) - 1;
  if constexpr (sizeof(Real) == 2)
    if (fits_tiles<Real>(a, {q, k, v, o}))
      return with_tile_width(a.head_dim, [&](auto width) {
        constexpr int c = decltype(width)::value;
        launch(d, name, &flash_forward_tiles<Real, c>, tile_blocks(a.heads, q.rows), dim3(tile_threads),
               sizeof(forward_memory<Real, c>), shape, q, k, v, starts.data(), sequences, o, lse.data());
      });
  launch(d, name, &flash_forward<Real>, attention_blocks(q.rows, a.heads), dim3(attention_threads),
         sizeof(attention_memory), shape, q, k, v, starts.data(), sequences, o, lse.data());
}

template <class Real>
void flash_attention_backward(basic_cuda<Real>& d, const attention_sizes& a, const_view<basic_cuda<Real>> q,
                              const_view<basic_cuda<Real>> k, const_view<basic_cuda<Real>> v, id_span starts,
                              const_view<basic_cuda<Real>> o, const_wide_span<basic_cuda<Real>> lse,
                              const_view<basic_cuda<Real>> dout, wide_span<basic_cuda<Real>> scratch,
                              view<basic_cuda<Real>> dq, view<basic_cuda<Real>> dk, view<basic_cuda<Real>> dv) {
  using namespace gpu;
  if (q.rows == 0) return;
  const char* const name = "flash_attention_backward";
  const attention_shape shape = shape_of(a);
  const auto sequences = static_cast<index_t>(starts.size()) - 1;
  const float* const dots = scratch.data();
  if constexpr (sizeof(Real) == 2)
    if (fits_tiles<Real>(a, {q, k, v, o, dout, dq, dk, dv})) {
      launch(d, name, &flash_row_dots<8, Real>, attention_blocks(q.rows, a.heads), dim3(attention_threads), 0, shape, o,
             dout, scratch.data());
      return with_tile_width(a.head_dim, [&](auto width) {
        constexpr int c = decltype(width)::value;
        launch(d, name, &flash_query_gradient_tiles<Real, c>, tile_blocks(a.heads, q.rows), dim3(tile_threads),
               sizeof(query_gradient_memory<Real, c>), shape, q, k, v, starts.data(), sequences, lse.data(), dots, dout,
               dq);
        launch(d, name, &flash_key_gradient_tiles<Real, c>, tile_blocks(a.kv_heads, k.rows), dim3(tile_threads),
               sizeof(key_gradient_memory<Real, c>), shape, q, k, v, starts.data(), sequences, lse.data(), dots, dout,
               dk, dv);
      });
    }
  launch(d, name, &flash_row_dots<1, Real>, attention_blocks(q.rows, a.heads), dim3(attention_threads), 0, shape, o,
         dout, scratch.data());
  launch(d, name, &flash_query_gradients<Real>, attention_blocks(q.rows, a.heads), dim3(attention_threads),
         sizeof(attention_memory), shape, q, k, v, starts.data(), sequences, lse.data(), dots, dout, dq);
  launch(d, name, &flash_key_gradients<Real>, attention_blocks(k.rows, a.kv_heads), dim3(attention_threads),
         sizeof(attention_memory), shape, q, k, v, starts.data(), sequences, lse.data(), dots, dout, dk, dv);
}

}  // namespace zer0

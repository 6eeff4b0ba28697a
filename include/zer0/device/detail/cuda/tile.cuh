// Tiles of 16-bit matrices in shared memory, and their products on tensor cores: the base of flash
// attention and of grouped products.
//
// Warp w of a block owns rows 16w .. 16w+15 of every result, which consists of pieces of 8 columns.
// Of each piece, lane l holds the number (l/4, 2(l%4)), its right neighbour, and the two that lie 8
// rows below: the layout of multiply_add.
#pragma once

#include <zer0/device/detail/cuda/parallel.cuh>

namespace zer0::gpu {

inline constexpr int tile_threads = 128;
inline constexpr int tile_rows = tile_threads / warp_size * 16;  ///< rows of a block's result

/// Rows of C numbers, in chunks of 8 (16 bytes). The order of the chunks changes from row to row,
/// so that the eight rows which ldmatrix reads at once lie in different banks.
template <class T, int Rows, int C>
struct alignas(128) shared_tile {
  static constexpr int chunks = C / 8;
  T e[Rows * C];

  __device__ T* at(int row, int chunk) {
    const int turn = chunks % 8 == 0 ? row % 8 : row / 2 % 4;
    return e + row * C + (chunk ^ turn) * 8;
  }
};

/// Starts copying rows first, first + 1, ... of `from`; writes zeros from row `end` on, and beyond
/// the columns of `from`.
template <class T, int Rows, int C>
__device__ void copy_tile(shared_tile<T, Rows, C>& to, tensor_view<const T> from, int first,
                          int end) {
  constexpr int chunks = C / 8, rows_at_once = tile_threads / chunks;
  static_assert(tile_threads % chunks == 0 && rows_at_once % 8 == 0 && Rows % rows_at_once == 0);
  const int row = static_cast<int>(threadIdx.x) / chunks,
            chunk = static_cast<int>(threadIdx.x) % chunks;
  const int rows =
      chunk * 8 < from.cols ? end - first - row : 0;  // existing rows, from this thread's first on
  T* const shared = to.at(row, chunk);
  const T* global = from.row(first + row) + chunk * 8;
#pragma unroll
  for (int i = 0; i < Rows; i += rows_at_once) {
    copy_async_or_zero(shared + i * C, global, i < rows);
    global += rows_at_once * from.stride;
  }
}

struct fragment {
  std::uint32_t r[4];
};

__device__ inline int lane_of_thread() { return static_cast<int>(threadIdx.x) % warp_size; }
__device__ inline int warp_of_thread() { return static_cast<int>(threadIdx.x) / warp_size; }

/// Columns 16k .. 16k+15 of the warp's rows of a tile, as a left operand.
template <class T, int Rows, int C>
__device__ fragment left_of(shared_tile<T, Rows, C>& t, int k) {
  const int lane = lane_of_thread();
  fragment f;
  load_matrices(f.r, t.at(16 * warp_of_thread() + lane % 16, 2 * k + lane / 16));
  return f;
}

template <class T>
__device__ std::uint32_t pair_of(float low, float high) {
  std::uint32_t bits;
  if constexpr (std::is_same_v<T, __nv_bfloat16>) {
    const __nv_bfloat162 both = __floats2bfloat162_rn(low, high);
    memcpy(&bits, &both, sizeof bits);
  } else {
    const __half2 both = __floats2half2_rn(low, high);
    memcpy(&bits, &both, sizeof bits);
  }
  return bits;
}

/// Columns 16k .. 16k+15 of a result, rounded to T, as a left operand. Each lane uses numbers that
/// it holds.
template <class T, int N>
__device__ fragment left_of(const float (&result)[N][4], int k) {
  const float(&a)[4] = result[2 * k], (&b)[4] = result[2 * k + 1];
  return {{pair_of<T>(a[0], a[1]), pair_of<T>(a[2], a[3]), pair_of<T>(b[0], b[1]),
           pair_of<T>(b[2], b[3])}};
}

/// sum (16, Rows) += a b^T, where left(k) gives columns 16k .. of a (16, C).
template <class T, int Rows, int C, class Left>
__device__ void multiply_transposed(float (&sum)[Rows / 8][4], Left left,
                                    shared_tile<T, Rows, C>& b) {
  const int lane = lane_of_thread();
#pragma unroll 2  // unrolled fully, it would hold the addresses of every k in registers
  for (int k = 0; k < C / 16; ++k) {
    const fragment a = left(k);
#pragma unroll
    for (int n = 0; n < Rows / 16; ++n) {
      std::uint32_t r[4];
      load_matrices(r, b.at(16 * n + lane / 16 * 8 + lane % 8, 2 * k + lane / 8 % 2));
      multiply_add<T>(sum[2 * n], a.r, r[0], r[1]);
      multiply_add<T>(sum[2 * n + 1], a.r, r[2], r[3]);
    }
  }
}

/// sum (16, C) += a b, where left(k) gives columns 16k .. of a (16, Rows).
template <class T, int Rows, int C, class Left>
__device__ void multiply(float (&sum)[C / 8][4], Left left, shared_tile<T, Rows, C>& b) {
  const int lane = lane_of_thread();
#pragma unroll
  for (int k = 0; k < Rows / 16; ++k) {
    const fragment a = left(k);
#pragma unroll
    for (int n = 0; n < C / 16; ++n) {
      std::uint32_t r[4];
      load_matrices_transposed(r, b.at(16 * k + lane % 16, 2 * n + lane / 16));
      multiply_add<T>(sum[2 * n], a.r, r[0], r[1]);
      multiply_add<T>(sum[2 * n + 1], a.r, r[2], r[3]);
    }
  }
}

/// Writes `factor` times the warp's rows of a result to rows first, first + 1, ... of `to`, as far
/// as they exist. They pass through the warp's rows of `room`, which no other warp may use.
template <class T, int Rows, int C>
__device__ void store_rows(const float (&result)[C / 8][4], float factor,
                           shared_tile<T, Rows, C>& room, tensor_view<T> to, int first) {
  const int lane = lane_of_thread(), own = 16 * warp_of_thread();
  __syncwarp();
#pragma unroll
  for (int n = 0; n < C / 8; ++n)
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const std::uint32_t pair =
          pair_of<T>(factor * result[n][2 * half], factor * result[n][2 * half + 1]);
      *reinterpret_cast<std::uint32_t*>(room.at(own + 8 * half + lane / 4, n) + 2 * (lane % 4)) =
          pair;
    }
  __syncwarp();
#pragma unroll
  for (int i = 0; i < C / 16; ++i) {
    const int at = i * warp_size + lane, row = own + at / (C / 8), chunk = at % (C / 8);
    if (first + row < to.rows && chunk * 8 < to.cols)
      store(to.row(first + row) + chunk * 8, load<8>(room.at(row, chunk)));
  }
}

}  // namespace zer0::gpu

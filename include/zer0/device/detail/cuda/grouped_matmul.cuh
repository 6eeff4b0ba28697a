// Grouped products of the cuda device: one launch for all groups, whose sizes are read on the
// device. On tensor cores for 16-bit numbers whose rows are whole packs of 16 bytes, else in float.
#pragma once

#include <zer0/device/detail/cuda/tile.cuh>

namespace zer0 {
namespace gpu {

inline constexpr int group_rows = tile_rows;  ///< rows of a tile of the result
inline constexpr int group_cols = 128;
inline constexpr int group_depth = 64;  ///< depth of a step

struct group_tile {
  int group = -1;          ///< -1: there are fewer tiles
  int first = 0, end = 0;  ///< first row of the tile; end of the group's rows
};
/// Finds tile number `tile` among the tiles of all groups, each of `rows_of_tile` rows. Each warp
/// finds it by itself, 32 groups at once.
__device__ inline group_tile find_tile(const std::int32_t* starts, int groups, int tile,
                                       int rows_of_tile) {
  const int lane = lane_of_thread();
  int before = 0;
  for (int g0 = 0; g0 < groups; g0 += warp_size) {
    const int g = g0 + lane;
    const int first = g < groups ? starts[g] : 0, end = g < groups ? starts[g + 1] : 0;
    const int tiles = (end - first + rows_of_tile - 1) / rows_of_tile;
    int sum = tiles;
    for (int by = 1; by < warp_size; by *= 2) {
      const int below = __shfl_up_sync(whole_warp, sum, by);
      if (lane >= by) sum += below;
    }
    const unsigned beyond = __ballot_sync(whole_warp, before + sum > tile);
    if (beyond != 0) {
      const int winner = __popc((beyond & (~beyond + 1)) - 1);
      const int tile_of_group = tile - before - __shfl_sync(whole_warp, sum - tiles, winner);
      const int from = __shfl_sync(whole_warp, first, winner);
      return {g0 + winner, from + tile_of_group * rows_of_tile,
              __shfl_sync(whole_warp, end, winner)};
    }
    before += __shfl_sync(whole_warp, sum, warp_size - 1);
  }
  return {};
}

/// The tiles of two steps: one is multiplied while the next is copied.
template <class Left, class Right>
struct group_memory {
  Left left[2];
  Right right[2];
};

/// For each step, copy(step, left, right) starts copying; multiply(left, right) uses what has
/// arrived.
template <class Memory, class Copy, class Multiply>
__device__ void over_steps(Memory& memory, int steps, Copy copy, Multiply multiply) {
  if (steps > 0) copy(0, memory.left[0], memory.right[0]);
  copy_async_commit();
  for (int s = 0; s < steps; ++s) {
    if (s + 1 < steps) copy(s + 1, memory.left[(s + 1) % 2], memory.right[(s + 1) % 2]);
    copy_async_commit();
    copy_async_wait<1>();
    __syncthreads();
    multiply(memory.left[s % 2], memory.right[s % 2]);
    __syncthreads();
  }
}

template <class T>
using deep_tile = shared_tile<T, group_rows, group_depth>;  ///< (rows, depth)
template <class T, bool Transposed>
using group_right = std::conditional_t<Transposed, shared_tile<T, group_cols, group_depth>,
                                       shared_tile<T, group_depth, group_cols>>;
template <class T, bool Transposed>
union rows_memory {
  group_memory<deep_tile<T>, group_right<T, Transposed>> steps;
  shared_tile<T, group_rows, group_cols> result;
};
template <class T>
using weights_memory =
    group_memory<shared_tile<T, group_depth, group_rows>, shared_tile<T, group_depth, group_cols>>;

/// y = x b_e for each group e: b_e is (K, M); with Transposed it lies as (M, K).
template <bool Transposed, class T>
__global__ void __launch_bounds__(tile_threads)
    multiply_groups(const std::int32_t* starts, int groups, tensor_view<const T> x,
                    tensor_view<const T> b, tensor_view<T> y) {
  const group_tile tile = find_tile(starts, groups, static_cast<int>(blockIdx.x), group_rows);
  if (tile.group < 0) return;  // the whole block
  auto& memory = shared_memory<rows_memory<T, Transposed>>();
  const index_t col = index_t{blockIdx.y} * group_cols,
                cols = y.cols - col < group_cols ? y.cols - col : group_cols;
  const int rows_of_b = static_cast<int>(Transposed ? y.cols : x.cols);
  const int b_first = tile.group * rows_of_b, b_end = b_first + rows_of_b;
  float sum[group_cols / 8][4] = {};
  over_steps(
      memory.steps, static_cast<int>((x.cols + group_depth - 1) / group_depth),
      [&](int step, deep_tile<T>& left, group_right<T, Transposed>& right) {
        const index_t k = index_t{step} * group_depth;
        copy_tile(left, x.col_block(k, x.cols - k), tile.first, tile.end);
        if constexpr (Transposed)
          copy_tile(right, b.col_block(k, b.cols - k), b_first + static_cast<int>(col), b_end);
        else
          copy_tile(right, b.col_block(col, cols), b_first + static_cast<int>(k), b_end);
      },
      [&](deep_tile<T>& left, group_right<T, Transposed>& right) {
        const auto a = [&](int k) { return left_of(left, k); };
        if constexpr (Transposed)
          multiply_transposed(sum, a, right);
        else
          multiply(sum, a, right);
      });
  store_rows(sum, 1, memory.result, y.row_block(0, tile.end).col_block(col, cols), tile.first);
}

/// Columns 16k .. 16k+15 of the warp's rows of the transposed tile, as a left operand.
template <class T, int Rows, int C>
__device__ fragment left_of_transposed(shared_tile<T, Rows, C>& t, int k) {
  const int lane = lane_of_thread();
  fragment f;
  load_matrices_transposed(
      f.r, t.at(16 * k + lane / 16 * 8 + lane % 8, 2 * warp_of_thread() + lane / 8 % 2));
  return f;
}

/// dw_e += dy_e^T x_e; blockIdx is (columns, rows, group).
template <class T>
__global__ void __launch_bounds__(tile_threads)
    add_group_products(const std::int32_t* starts, tensor_view<const T> dy, tensor_view<const T> x,
                       tensor_view<float> dw) {
  const int group = static_cast<int>(blockIdx.z), first = starts[group], end = starts[group + 1];
  if (first >= end) return;
  auto& memory = shared_memory<weights_memory<T>>();
  const index_t row = index_t{blockIdx.y} * group_rows, col = index_t{blockIdx.x} * group_cols;
  float sum[group_cols / 8][4] = {};
  over_steps(
      memory, (end - first + group_depth - 1) / group_depth,
      [&](int step, auto& left, auto& right) {
        copy_tile(left, dy.col_block(row, dy.cols - row), first + step * group_depth, end);
        copy_tile(right, x.col_block(col, x.cols - col), first + step * group_depth, end);
      },
      [&](auto& left, auto& right) {
        multiply(sum, [&](int k) { return left_of_transposed(left, k); }, right);
      });
  const int lane = lane_of_thread();
#pragma unroll
  for (int n = 0; n < group_cols / 8; ++n)
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      const index_t r = row + 16 * warp_of_thread() + lane / 4 + 8 * (i / 2),
                    c = col + 8 * n + 2 * (lane % 4) + i % 2;
      if (r < dy.cols && c < x.cols) dw(group * dy.cols + r, c) += sum[n][i];
    }
}

// Without tensor cores, in float: a block computes 64 x 64 numbers of the result, a thread 4 x 4 of
// them.

inline constexpr int plain_tile = 64, plain_depth = 16, plain_threads = 256;
struct plain_memory {
  float left[plain_depth][plain_tile + 1], right[plain_depth][plain_tile + 1];
};

/// sum[i][j] = sum over k < depth of a(row 16i + thread / 16, k) b(k, column 16j + thread % 16).
template <class A, class B>
__device__ void plain_product(float (&sum)[4][4], index_t depth, A a, B b) {
  auto& memory = shared_memory<plain_memory>();
  const int me = static_cast<int>(threadIdx.x);
  for (index_t k0 = 0; k0 < depth; k0 += plain_depth) {
    __syncthreads();
    for (int i = me; i < plain_depth * plain_tile; i += plain_threads) {
      const int k = i / plain_tile, at = i % plain_tile;
      memory.left[k][at] = k0 + k < depth ? a(at, k0 + k) : 0;
      memory.right[k][at] = k0 + k < depth ? b(k0 + k, at) : 0;
    }
    __syncthreads();
    for (int k = 0; k < plain_depth; ++k)
      for (int i = 0; i < 4; ++i)
        for (int j = 0; j < 4; ++j)
          sum[i][j] += memory.left[k][16 * i + me / 16] * memory.right[k][16 * j + me % 16];
  }
}

template <bool Transposed, class T>
__global__ void multiply_groups_plain(const std::int32_t* starts, int groups,
                                      tensor_view<const T> x, tensor_view<const T> b,
                                      tensor_view<T> y) {
  const group_tile tile = find_tile(starts, groups, static_cast<int>(blockIdx.x), plain_tile);
  if (tile.group < 0) return;
  const index_t col = index_t{blockIdx.y} * plain_tile;
  const index_t b_first = tile.group * (Transposed ? y.cols : x.cols);
  float sum[4][4] = {};
  plain_product(
      sum, x.cols,
      [&](int i, index_t k) {
        return tile.first + i < tile.end ? number(x(tile.first + i, k)) : 0.0f;
      },
      [&](index_t k, int j) {
        if (col + j >= y.cols) return 0.0f;
        return number(Transposed ? b(b_first + col + j, k) : b(b_first + k, col + j));
      });
  for (int i = 0; i < 4; ++i)
    for (int j = 0; j < 4; ++j) {
      const int row = tile.first + 16 * i + static_cast<int>(threadIdx.x) / 16;
      const index_t c = col + 16 * j + threadIdx.x % 16;
      if (row < tile.end && c < y.cols) y(row, c) = static_cast<T>(sum[i][j]);
    }
}

template <class T>
__global__ void add_group_products_plain(const std::int32_t* starts, tensor_view<const T> dy,
                                         tensor_view<const T> x, tensor_view<float> dw) {
  const index_t group = blockIdx.z, first = starts[group], end = starts[group + 1];
  if (first >= end) return;
  const index_t row = index_t{blockIdx.y} * plain_tile, col = index_t{blockIdx.x} * plain_tile;
  float sum[4][4] = {};
  plain_product(
      sum, end - first,
      [&](int i, index_t k) { return row + i < dy.cols ? number(dy(first + k, row + i)) : 0.0f; },
      [&](index_t k, int j) { return col + j < x.cols ? number(x(first + k, col + j)) : 0.0f; });
  for (int i = 0; i < 4; ++i)
    for (int j = 0; j < 4; ++j) {
      const index_t r = row + 16 * i + threadIdx.x / 16, c = col + 16 * j + threadIdx.x % 16;
      if (r < dy.cols && c < x.cols) dw(group * dy.cols + r, c) += sum[i][j];
    }
}

/// The most tiles that `rows` rows can have, however they are divided into groups.
inline unsigned most_tiles(index_t rows, index_t groups, index_t rows_of_tile) {
  return static_cast<unsigned>(rows / rows_of_tile + std::min(rows, groups));
}

template <bool Transposed, class Real>
void multiply_all_groups(basic_cuda<Real>& d, id_span starts, tensor_view<const Real> x,
                         tensor_view<const Real> b, tensor_view<Real> y) {
  const auto groups = static_cast<int>(starts.size()) - 1;
  if constexpr (sizeof(Real) == 2) {
    if (packs<8>(x) && packs<8>(b) && packs<8>(y))
      return launch(d, "grouped_matmul", &multiply_groups<Transposed, Real>,
                    dim3(most_tiles(x.rows, groups, group_rows), blocks_for(y.cols, group_cols)),
                    dim3(tile_threads), sizeof(rows_memory<Real, Transposed>), starts.data(),
                    groups, x, b, y);
  }
  launch(d, "grouped_matmul", &multiply_groups_plain<Transposed, Real>,
         dim3(most_tiles(x.rows, groups, plain_tile), blocks_for(y.cols, plain_tile)),
         dim3(plain_threads), sizeof(plain_memory), starts.data(), groups, x, b, y);
}

}  // namespace gpu

template <class Real>
void grouped_matmul(basic_cuda<Real>& d, id_span starts, const_view<basic_cuda<Real>> x,
                    matrix_of<basic_cuda<Real>> b, view<basic_cuda<Real>> y) {
  if (y.elements() == 0) return;
  require(b.view.rows <= std::numeric_limits<std::int32_t>::max() &&
              x.rows <= std::numeric_limits<std::int32_t>::max() - gpu::group_rows,
          "cuda: grouped_matmul of ", x.rows, " rows with matrices of ", b.view.rows,
          " rows in all is beyond 32 bits; use a smaller batch");
  if (b.is_transposed)
    gpu::multiply_all_groups<true>(d, starts, x, b.view, y);
  else
    gpu::multiply_all_groups<false>(d, starts, x, b.view, y);
}

template <class Real>
void grouped_weight_gradient(basic_cuda<Real>& d,
                             const grouped_weight_gradient_operands<basic_cuda<Real>>& of) {
  using namespace gpu;
  if (of.dw.elements() == 0) return;
  const auto groups = static_cast<unsigned>(of.starts.size() - 1);
  if constexpr (sizeof(Real) == 2) {
    if (packs<8>(of.dy) && packs<8>(of.x))
      return launch(
          d, "grouped_weight_gradient", &add_group_products<Real>,
          dim3(blocks_for(of.x.cols, group_cols), blocks_for(of.dy.cols, group_rows), groups),
          dim3(tile_threads), sizeof(weights_memory<Real>), of.starts.data(), of.dy, of.x, of.dw);
  }
  launch(d, "grouped_weight_gradient", &add_group_products_plain<Real>,
         dim3(blocks_for(of.x.cols, plain_tile), blocks_for(of.dy.cols, plain_tile), groups),
         dim3(plain_threads), sizeof(plain_memory), of.starts.data(), of.dy, of.x, of.dw);
}

}  // namespace zer0

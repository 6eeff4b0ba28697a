// The matrix product of one thread: packed panels and a register tile.
//
// Why not Eigen's product: it allocates at each call, its blocking, and so its rounding, depends on
// the number of threads, and with AVX-512 it keeps 12 accumulators in 32 registers;
// docs/performance.md has measurements. The scheme is that of Goto and van de Geijn 2008, "Anatomy
// of high-performance matrix multiplication".
#pragma once

#include <zer0/device/detail/cpu/parallel.hpp>
#include <zer0/device/detail/cpu/simd.hpp>

#include <cstring>
#include <utility>

namespace zer0::detail {

#if defined(__AVX512F__)
inline constexpr int tile_rows = 12;  // of 32 registers, 12 x 2 accumulators and 2 of b
#elif defined(__AVX__)
inline constexpr int tile_rows = 6;  // of 16 registers, 6 x 2 accumulators and 2 of b
#else
inline constexpr int tile_rows = 4;
#endif
inline constexpr int tile_cols = 2 * simd_width;
inline constexpr index_t block_rows =
    tile_rows * 16;  // packed a: 192 x 256 floats with AVX-512, stays in the L2 cache
inline constexpr index_t block_depth = 256;  // a panel of b, tile_cols x 256, stays in L1
inline constexpr index_t block_cols = 512;

/// An operand as the product reads it: its element (i, k), transposed or not.
struct operand {
  const float* data;
  index_t stride;
  bool transposed;

  [[nodiscard]] const float* at(index_t i, index_t k) const {
    return transposed ? data + k * stride + i : data + i * stride + k;
  }
};

/// Swaps the off-diagonal squares of side `Step` of each square of side 2 * Step: one stage of a
/// transposition.
template <int Step, int... Lane>
void swap_squares(simd* rows, std::integer_sequence<int, Lane...>) {
  for (int i = 0; i < simd_width; ++i) {
    if (i & Step) continue;
    const simd above = rows[i];
    const simd below = rows[i + Step];
    rows[i] =
        __builtin_shufflevector(above, below, ((Lane & Step) ? Lane - Step + simd_width : Lane)...);
    rows[i + Step] =
        __builtin_shufflevector(above, below, ((Lane & Step) ? Lane + simd_width : Lane + Step)...);
  }
}

/// Transposes a square of simd_width rows in registers.
template <int Step = 1>
void transpose_square(simd* rows) {
  swap_squares<Step>(rows, std::make_integer_sequence<int, simd_width>());
  if constexpr (2 * Step < simd_width) transpose_square<2 * Step>(rows);
}

/// Packs `depth` elements of `Width` rows, which are `stride` apart, into out[k * Width + row], a
/// square at a time. Writes up to simd_width floats past the end.
template <int Width>
void pack_rows(const float* rows, index_t stride, index_t depth, float* out) {
  static_assert(Width % simd_width == 0 || Width < simd_width);
  const index_t squares = depth / simd_width * simd_width;
  for (int first = 0; first < Width; first += simd_width)
    for (index_t k = 0; k < squares; k += simd_width) {
      simd square[simd_width] = {};
      for (int i = 0; i < std::min(Width - first, simd_width); ++i)
        square[i] = load(rows + (first + i) * stride + k);
      transpose_square(square);
      for (int i = 0; i < simd_width;
           ++i)  // the lanes beyond Width are overwritten by the next store
        store(out + (k + i) * Width + first, square[i]);
    }
  for (index_t k = squares; k < depth; ++k)
    for (int i = 0; i < Width; ++i) out[k * Width + i] = rows[i * stride + k];
}

/// Copies rows [0, rows) x [0, depth) of `source` into panels of `Width` rows, panel[k][row].
/// Missing rows of the last panel are zeros.
template <int Width>
void pack(operand source, index_t rows, index_t depth, float* out) {
  for (index_t first = 0; first < rows; first += Width, out += Width * depth) {
    const index_t count = std::min<index_t>(Width, rows - first);
    if (count == Width && !source.transposed) {
      pack_rows<Width>(source.at(first, 0), source.stride, depth, out);
      continue;
    }
    if (count < Width) std::memset(out, 0, static_cast<std::size_t>(Width * depth) * sizeof(float));
    if (source.transposed) {
      for (index_t k = 0; k < depth; ++k)
        std::memcpy(out + k * Width, source.at(first, k),
                    static_cast<std::size_t>(count) * sizeof(float));
    } else {
      for (index_t i = 0; i < count; ++i) {
        const float* row = source.at(first + i, 0);
        for (index_t k = 0; k < depth; ++k) out[k * Width + i] = row[k];
      }
    }
  }
}

/// c (rows, cols) = (accumulate ? c : 0) + a panel * b panel. All accumulators stay in registers.
inline void product_tile(index_t depth, const float* a, const float* b, float* c, index_t stride,
                         index_t rows, index_t cols, bool accumulate) {
  simd sum[tile_rows][2];
#pragma GCC unroll 16
  for (int i = 0; i < tile_rows; ++i) sum[i][0] = sum[i][1] = simd{};
  for (index_t k = 0; k < depth; ++k, a += tile_rows, b += tile_cols) {
    const simd b0 = load(b);
    const simd b1 = load(b + simd_width);
#pragma GCC unroll 16
    for (int i = 0; i < tile_rows; ++i) {
      sum[i][0] += a[i] * b0;
      sum[i][1] += a[i] * b1;
    }
  }
  if (rows == tile_rows && cols == tile_cols) {
#pragma GCC unroll 16
    for (int i = 0; i < tile_rows; ++i)
      for (int j = 0; j < 2; ++j) {
        float* const out = c + i * stride + j * simd_width;
        store(out, accumulate ? load(out) + sum[i][j] : sum[i][j]);
      }
    return;
  }
  alignas(64) float whole[tile_rows][tile_cols];
  std::memcpy(whole, sum, sizeof(whole));
  for (index_t i = 0; i < rows; ++i)
    for (index_t j = 0; j < cols; ++j)
      c[i * stride + j] = accumulate ? c[i * stride + j] + whole[i][j] : whole[i][j];
}

/// c (rows, cols) = a b + (accumulate ? c : 0) with a (rows, depth) and b (depth, cols); `b` is
/// given as its transpose's operand: b.at(j, k). Each element is summed over k in the same order
/// wherever it lies in c, so a product may be cut into pieces freely.
inline void product(operand a, operand b, index_t rows, index_t cols, index_t depth,
                    bool accumulate, float* c, index_t stride) {
  struct packed_a;
  struct packed_b;
  float* const panel_a = thread_scratch<packed_a>(block_rows * block_depth + simd_width);
  float* const panel_b = thread_scratch<packed_b>(block_cols * block_depth + simd_width);
  for (index_t j = 0; j < cols; j += block_cols) {
    const index_t nj = std::min(block_cols, cols - j);
    for (index_t k = 0; k < depth; k += block_depth) {
      const index_t nk = std::min(block_depth, depth - k);
      pack<tile_cols>({b.at(j, k), b.stride, b.transposed}, nj, nk, panel_b);
      for (index_t i = 0; i < rows; i += block_rows) {
        const index_t ni = std::min(block_rows, rows - i);
        pack<tile_rows>({a.at(i, k), a.stride, a.transposed}, ni, nk, panel_a);
        for (index_t jj = 0; jj < nj; jj += tile_cols)
          for (index_t ii = 0; ii < ni; ii += tile_rows)
            product_tile(nk, panel_a + ii * nk, panel_b + jj * nk, c + (i + ii) * stride + j + jj,
                         stride, std::min<index_t>(tile_rows, ni - ii),
                         std::min<index_t>(tile_cols, nj - jj), accumulate || k > 0);
      }
    }
  }
}

}  // namespace zer0::detail

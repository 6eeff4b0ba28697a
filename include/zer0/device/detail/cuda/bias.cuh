// Biases of the cuda device, and sums of columns.
#pragma once

#include <zer0/device/detail/cuda/parallel.cuh>

namespace zer0 {
namespace gpu {

template <class T>
struct biased_elements {
  const T* bias;
  tensor_view<T> y;
  template <int W>
  __device__ void at(index_t i, index_t j) const {
    const auto b = load<W>(bias + j);
    auto out = load<W>(y.row(i) + j);
    for (int w = 0; w < W; ++w) out.e[w] = static_cast<T>(number(out.e[w]) + number(b.e[w]));
    store(y.row(i) + j, out);
  }
};

template <class T>
struct column_terms {
  tensor_view<const T> x;
  template <int W>
  __device__ void add(index_t row, index_t col, pack<float, W>& sum) const {
    const auto in = load<W>(x.row(row) + col);
    for (int w = 0; w < W; ++w) sum.e[w] += number(in.e[w]);
  }
};

inline constexpr int column_threads = 256;

// Sums of columns take two steps, and their order depends on the sizes alone: the rows are cut into
// pieces, and a warp sums columns over the rows of one piece; then each column's sums over pieces
// are added.

/// partial[piece][col] = sum of the terms over the rows of the piece.
template <int W, class F>
__global__ void column_partials(index_t rows, index_t cols, F terms, index_t pieces,
                                index_t rows_of_piece, float* partial) {
  const index_t col = (index_t{blockIdx.x} * warp_size + threadIdx.x % warp_size) * W;
  const index_t piece =
      index_t{blockIdx.y} * (column_threads / warp_size) + threadIdx.x / warp_size;
  if (col >= cols || piece >= pieces) return;
  const index_t first = piece * rows_of_piece,
                last = first + rows_of_piece < rows ? first + rows_of_piece : rows;
  pack<float, W> sum{};
  for (index_t row = first; row < last; ++row) terms.template add<W>(row, col, sum);
  for (int w = 0; w < W; ++w) partial[piece * cols + col + w] = sum.e[w];
}

/// to[col] += the sum of partial[0][col], partial[1][col], ...
template <class = void>  // a template, so that it may stand in a header
__global__ void add_columns(const float* partial, index_t pieces, index_t cols, float* to) {
  const index_t col = index_t{blockIdx.x} * column_threads + threadIdx.x;
  if (col >= cols) return;
  float sum = 0;
  for (index_t i = 0; i < pieces; ++i) sum += partial[i * cols + col];
  to[col] += sum;
}

/// sums[col] += sum of the terms over all rows; W columns at a time if `packed`.
template <int W, class Real, class F>
void add_terms(basic_cuda<Real>& d, const char* name, index_t rows, index_t cols, bool packed,
               F terms, std::span<float> sums) {
  if (rows == 0) return;
  constexpr index_t warps = column_threads / warp_size;
  constexpr auto most = static_cast<index_t>(basic_cuda<Real>::scratch_bytes / sizeof(float));
  require(cols <= most, "cuda: ", name, " of ", cols, " columns; at most ", most,
          ", so use narrower layers");
  auto* const partial = d.template scratch<float>();
  const index_t pieces =
      std::clamp<index_t>(blocks_for(rows, 32), 1, std::min<index_t>(most / cols, 512));
  const index_t rows_of_piece = (rows + pieces - 1) / pieces;
  launch(d, name, packed ? &column_partials<W, F> : &column_partials<1, F>,
         dim3(blocks_for(cols, warp_size * (packed ? W : 1)), blocks_for(pieces, warps)),
         dim3(column_threads), 0, rows, cols, terms, pieces, rows_of_piece, partial);
  launch(d, name, &add_columns<>, dim3(blocks_for(cols, column_threads)), dim3(column_threads), 0,
         partial, pieces, cols, sums.data());
}

template <class Real, class T>
void add_bias_to(basic_cuda<Real>& d, std::span<const T> bias, tensor_view<T> y) {
  constexpr int w = elements_at_once<T>;
  const tensor_view<const T> row(bias.data(), 1, y.cols);
  each_element<w>(d, "add_bias", y, packs<w>(row) && packs<w>(y),
                  biased_elements<T>{bias.data(), y});
}
template <class Real, class T>
void add_all_column_sums(basic_cuda<Real>& d, tensor_view<const T> x, std::span<float> sums) {
  constexpr int w = elements_at_once<T>;
  add_terms<w>(d, "add_column_sums", x.rows, x.cols, packs<w>(x), column_terms<T>{x}, sums);
}

}  // namespace gpu

template <class Real>
void add_bias(basic_cuda<Real>& d, std::span<const std::type_identity_t<Real>> bias,
              view<basic_cuda<Real>> y) {
  gpu::add_bias_to(d, bias, y);
}
template <class Real>
requires(!std::same_as<Real, wide<Real>>)
void add_bias(basic_cuda<Real>& d, const_wide_span<basic_cuda<Real>> bias,
              wide_view<basic_cuda<Real>> y) {
  gpu::add_bias_to(d, bias, y);
}
template <class Real>
void add_column_sums(basic_cuda<Real>& d, const_view<basic_cuda<Real>> x,
                     wide_span<basic_cuda<Real>> sums) {
  gpu::add_all_column_sums(d, x, sums);
}
template <class Real>
requires(!std::same_as<Real, wide<Real>>)
void add_column_sums(basic_cuda<Real>& d, const_wide_view<basic_cuda<Real>> x,
                     wide_span<basic_cuda<Real>> sums) {
  gpu::add_all_column_sums(d, x, sums);
}

}  // namespace zer0

// RMSNorm of the cuda device: a warp a row.
#pragma once

#include <zer0/device/cuda/elements.cuh>

namespace zer0 {
namespace gpu {

inline constexpr int norm_threads = 256;
inline constexpr int norm_rows = norm_threads / warp_size;  ///< of a block

template <int W, class T>
__global__ void normalize_rows(tensor_view<const T> x, const T* weight, float eps, tensor_view<T> y, float* rstd) {
  const index_t row = index_t{blockIdx.x} * norm_rows + threadIdx.x / warp_size;
  if (row >= x.rows) return;  // the whole warp
  const index_t lane = threadIdx.x % warp_size;
  float squares = 0;
  for (index_t j = lane * W; j < x.cols; j += warp_size * W) {
    const auto in = load<W>(x.row(row) + j);
    for (int w = 0; w < W; ++w) squares += number(in.e[w]) * number(in.e[w]);
  }
  const float r = 1 / sqrtf(warp_sum(squares) / static_cast<float>(x.cols) + eps);
  if (lane == 0) rstd[row] = r;
  for (index_t j = lane * W; j < x.cols; j += warp_size * W) {
    const auto in = load<W>(x.row(row) + j);
    const auto scale = load<W>(weight + j);
    pack<T, W> out;
    for (int w = 0; w < W; ++w) out.e[w] = static_cast<T>(number(in.e[w]) * r * number(scale.e[w]));
    store(y.row(row) + j, out);
  }
}

/// dx = r (w dy) - x r^3 / D sum(w dy x)
template <int W, class T>
__global__ void norm_input_gradients(tensor_view<const T> x, const T* weight, const float* rstd,
                                     tensor_view<const T> dy, tensor_view<T> dx) {
  const index_t row = index_t{blockIdx.x} * norm_rows + threadIdx.x / warp_size;
  if (row >= x.rows) return;
  const index_t lane = threadIdx.x % warp_size;
  float dot = 0;
  for (index_t j = lane * W; j < x.cols; j += warp_size * W) {
    const auto in = load<W>(x.row(row) + j), scale = load<W>(weight + j), gradient = load<W>(dy.row(row) + j);
    for (int w = 0; w < W; ++w) dot += number(scale.e[w]) * number(gradient.e[w]) * number(in.e[w]);
  }
  const float r = rstd[row];
  const float factor = r * r * r * warp_sum(dot) / static_cast<float>(x.cols);
  for (index_t j = lane * W; j < x.cols; j += warp_size * W) {
    const auto in = load<W>(x.row(row) + j), scale = load<W>(weight + j), gradient = load<W>(dy.row(row) + j);
    pack<T, W> out;
    for (int w = 0; w < W; ++w)
      out.e[w] = static_cast<T>(r * number(scale.e[w]) * number(gradient.e[w]) - factor * number(in.e[w]));
    store(dx.row(row) + j, out);
  }
}

/// partial[piece][col] = sum over the rows of a piece of dy x rstd.
template <class T>
__global__ void norm_weight_gradients(tensor_view<const T> x, const float* rstd, tensor_view<const T> dy,
                                      index_t rows_of_piece, float* partial) {
  const index_t col = index_t{blockIdx.x} * norm_threads + threadIdx.x;
  if (col >= x.cols) return;
  const index_t first = blockIdx.y * rows_of_piece;
  const index_t last = first + rows_of_piece < x.rows ? first + rows_of_piece : x.rows;
  float sum = 0;
  for (index_t row = first; row < last; ++row) sum += number(dy(row, col)) * number(x(row, col)) * rstd[row];
  partial[blockIdx.y * x.cols + col] = sum;
}

template <class = void>  // a template, so that it may stand in a header
__global__ void add_columns(const float* partial, index_t pieces, index_t cols, float* to) {
  const index_t col = index_t{blockIdx.x} * norm_threads + threadIdx.x;
  if (col >= cols) return;
  float sum = 0;
  for (index_t i = 0; i < pieces; ++i) sum += partial[i * cols + col];
  to[col] += sum;
}

template <class T>
bool norm_packs(std::initializer_list<tensor_view<const T>> views, const T* weight) {
  constexpr int w = elements_at_once<T>;
  bool all = reinterpret_cast<std::uintptr_t>(weight) % 16 == 0;
  for (const auto& v : views) all = all && packs<w>(v);
  return all;
}

}  // namespace gpu

template <class Real>
void rms_norm_forward(basic_cuda<Real>& d, const_view<basic_cuda<Real>> x,
                      std::span<const std::type_identity_t<Real>> weight, double eps, view<basic_cuda<Real>> y,
                      wide_span<basic_cuda<Real>> rstd) {
  using namespace gpu;
  if (x.rows == 0) return;
  const bool packed = norm_packs<Real>({x, y}, weight.data());
  launch(d, "rms_norm_forward", packed ? &normalize_rows<elements_at_once<Real>, Real> : &normalize_rows<1, Real>,
         dim3(blocks_for(x.rows, norm_rows)), dim3(norm_threads), 0, x, weight.data(), static_cast<float>(eps), y,
         rstd.data());
}

template <class Real>
void rms_norm_backward(basic_cuda<Real>& d, const_view<basic_cuda<Real>> x,
                       std::span<const std::type_identity_t<Real>> weight, const_wide_span<basic_cuda<Real>> rstd,
                       const_view<basic_cuda<Real>> dy, view<basic_cuda<Real>> dx,
                       wide_span<basic_cuda<Real>> dweight) {
  using namespace gpu;
  if (x.rows == 0) return;
  const bool packed = norm_packs<Real>({x, dy, dx}, weight.data());
  launch(d, "rms_norm_backward",
         packed ? &norm_input_gradients<elements_at_once<Real>, Real> : &norm_input_gradients<1, Real>,
         dim3(blocks_for(x.rows, norm_rows)), dim3(norm_threads), 0, x, weight.data(), rstd.data(), dy, dx);

  auto* const partial = d.template scratch<float>();
  const auto room = static_cast<index_t>(basic_cuda<Real>::scratch_bytes / sizeof(float)) / x.cols;
  require(room > 0, "cuda: rms_norm of ", x.cols, " columns is wider than ",
          basic_cuda<Real>::scratch_bytes / sizeof(float));
  const index_t pieces = std::clamp<index_t>(blocks_for(x.rows, 32), 1, std::min<index_t>(room, 256));
  const index_t rows_of_piece = (x.rows + pieces - 1) / pieces;
  const unsigned across = blocks_for(x.cols, norm_threads);
  launch(d, "rms_norm_backward", &norm_weight_gradients<Real>, dim3(across, static_cast<unsigned>(pieces)),
         dim3(norm_threads), 0, x, rstd.data(), dy, rows_of_piece, partial);
  launch(d, "rms_norm_backward", &add_columns<>, dim3(across), dim3(norm_threads), 0, partial, pieces, x.cols,
         dweight.data());
}

}  // namespace zer0

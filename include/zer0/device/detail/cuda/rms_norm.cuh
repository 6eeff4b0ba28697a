// RMSNorm of the cuda device: one warp per row, or one block if the row is wide. The row stays in
// registers. If each group of a row's columns (a head) is normed by itself, blockIdx.y is the
// group, and `cols` its number of columns.
#pragma once

#include <zer0/device/detail/cuda/bias.cuh>
#include <zer0/device/detail/cuda/random.cuh>

namespace zer0 {
namespace gpu {

inline constexpr int norm_threads = 256;
inline constexpr int norm_held = 8;  ///< packs of a row that a thread keeps in registers

/// How a row is read: by Threads threads, W elements at once. With Held > 0, each thread has at
/// most Held packs and keeps them; with Held 0, it has any number, and reads them again.
template <int W_, int Threads_, int Held_>
struct row_plan {
  static constexpr int W = W_, Threads = Threads_, Held = Held_, Kept = Held_ > 0 ? Held_ : 1;

  __device__ static index_t row() {
    return index_t{blockIdx.x} * (norm_threads / Threads) + threadIdx.x / Threads;
  }
  __device__ static bool is_first() { return threadIdx.x % Threads == 0; }

  /// Calls f(index of the kept pack, column) for each pack of this thread.
  template <class F>
  __device__ static void each(index_t cols, F f) {
    const index_t first = static_cast<index_t>(threadIdx.x % Threads) * W;
    if constexpr (Held > 0) {
#pragma unroll  // else the kept packs would not be in registers
      for (int k = 0; k < Held; ++k)
        if (first + k * Threads * W < cols) f(k, first + k * Threads * W);
    } else {
      for (index_t j = first; j < cols; j += Threads * W) f(0, j);
    }
  }
  __device__ static float sum(float mine) {
    mine = warp_sum(mine);
    if constexpr (Threads == warp_size) return mine;
    return over_block<norm_threads>(mine, [](float a, float b) { return a + b; });
  }
};

/// Calls f with the row_plan for rows of `cols` elements.
template <class T, class F>
void with_row_plan(bool packed, index_t cols, F f) {
  constexpr int w = elements_at_once<T>;
  if (packed && cols <= w * warp_size * norm_held) return f(row_plan<w, warp_size, norm_held>());
  if (packed && cols <= w * norm_threads * norm_held)
    return f(row_plan<w, norm_threads, norm_held>());
  f(row_plan<1, warp_size, 0>());
}

template <class Plan, class Real, class... P, class... A>
void launch_rows(basic_cuda<Real>& d, const char* name, Plan, void (*kernel)(P...), index_t rows,
                 index_t groups, A... arguments) {
  launch(d, name, kernel,
         dim3(blocks_for(rows, norm_threads / Plan::Threads), static_cast<unsigned>(groups)),
         dim3(norm_threads), sizeof(warp_slots<float, norm_threads>), arguments...);
}

/// The sum that is formed before the norm, x + dropout(row): its x and its dropout.
template <class T>
struct added_before {
  random_stream stream;
  std::uint32_t threshold;
  float factor;
  tensor_view<const T> x;
};

/// y = norm(x). With Add, first x = added.x + dropout(x); X is then T, otherwise const T.
template <class Plan, bool Add, class X, class T = std::remove_const_t<X>>
__global__ void normalize_rows(tensor_view<X> x, added_before<T> added, const T* weight,
                               index_t cols, float eps, tensor_view<T> y, float* rstd) {
  constexpr int W = Plan::W;
  const index_t row = Plan::row();
  if (row >= x.rows) return;  // the whole warp, or block
  x = x.col_block(blockIdx.y * cols, cols);
  y = y.col_block(blockIdx.y * cols, cols);
  pack<T, W> kept[Plan::Kept];
  float squares = 0;
  Plan::each(x.cols, [&](int k, index_t j) {
    auto in = load<W>(x.row(row) + j);
    if constexpr (Add) {
      in = add_dropped<W>(added.stream, added.threshold, added.factor, row, j,
                          load<W>(added.x.row(row) + j), in);
      store(x.row(row) + j, in);
    }
    for (int w = 0; w < W; ++w) squares += number(in.e[w]) * number(in.e[w]);
    kept[k] = in;
  });
  const float r = 1 / sqrtf(Plan::sum(squares) / static_cast<float>(x.cols) + eps);
  if (Plan::is_first()) rstd[row * gridDim.y + blockIdx.y] = r;
  Plan::each(x.cols, [&](int k, index_t j) {
    const auto in = Plan::Held > 0 ? kept[k] : load<W>(x.row(row) + j);
    const auto scale = load<W>(weight + j);
    pack<T, W> out;
    for (int w = 0; w < W; ++w) out.e[w] = static_cast<T>(number(in.e[w]) * r * number(scale.e[w]));
    store(y.row(row) + j, out);
  });
}

/// dx = r (w dy) - x r^3 / D sum(w dy x); with Add, added to dx.
template <class Plan, bool Add, class T>
__global__ void norm_input_gradients(tensor_view<const T> x, const T* weight, index_t cols,
                                     const float* rstd, tensor_view<const T> dy,
                                     tensor_view<T> dx) {
  constexpr int W = Plan::W;
  const index_t row = Plan::row();
  if (row >= x.rows) return;
  x = x.col_block(blockIdx.y * cols, cols);
  dy = dy.col_block(blockIdx.y * cols, cols);
  dx = dx.col_block(blockIdx.y * cols, cols);
  pack<T, W> kept_x[Plan::Kept], kept_dy[Plan::Kept];
  float dot = 0;
  Plan::each(x.cols, [&](int k, index_t j) {
    const auto in = load<W>(x.row(row) + j), scale = load<W>(weight + j),
               gradient = load<W>(dy.row(row) + j);
    for (int w = 0; w < W; ++w) dot += number(scale.e[w]) * number(gradient.e[w]) * number(in.e[w]);
    kept_x[k] = in;
    kept_dy[k] = gradient;
  });
  const float r = rstd[row * gridDim.y + blockIdx.y];
  const float factor = r * r * r * Plan::sum(dot) / static_cast<float>(x.cols);
  Plan::each(x.cols, [&](int k, index_t j) {
    const auto in = Plan::Held > 0 ? kept_x[k] : load<W>(x.row(row) + j);
    const auto gradient = Plan::Held > 0 ? kept_dy[k] : load<W>(dy.row(row) + j);
    const auto scale = load<W>(weight + j);
    pack<T, W> out;
    if constexpr (Add) out = load<W>(dx.row(row) + j);
    for (int w = 0; w < W; ++w) {
      const float e = r * number(scale.e[w]) * number(gradient.e[w]) - factor * number(in.e[w]);
      out.e[w] = static_cast<T>(Add ? number(out.e[w]) + e : e);
    }
    store(dx.row(row) + j, out);
  });
}

/// partial[piece of a group][col] = sum over the rows of the piece of dy x rstd. One warp per
/// piece; blockIdx.z is the group.
template <int W, class T>
__global__ void norm_weight_gradients(tensor_view<const T> x, index_t cols, const float* rstd,
                                      tensor_view<const T> dy, index_t pieces,
                                      index_t rows_of_piece, float* partial) {
  x = x.col_block(blockIdx.z * cols, cols);
  dy = dy.col_block(blockIdx.z * cols, cols);
  const index_t col = (index_t{blockIdx.x} * warp_size + threadIdx.x % warp_size) * W;
  const index_t piece = index_t{blockIdx.y} * (norm_threads / warp_size) + threadIdx.x / warp_size;
  if (col >= cols || piece >= pieces) return;
  const index_t first = piece * rows_of_piece;
  const index_t last = first + rows_of_piece < x.rows ? first + rows_of_piece : x.rows;
  pack<float, W> sum{};
  for (index_t row = first; row < last; ++row) {
    const auto in = load<W>(x.row(row) + col), gradient = load<W>(dy.row(row) + col);
    const float r = rstd[row * gridDim.z + blockIdx.z];
    for (int w = 0; w < W; ++w) sum.e[w] += number(gradient.e[w]) * number(in.e[w]) * r;
  }
  for (int w = 0; w < W; ++w) partial[(blockIdx.z * pieces + piece) * cols + col + w] = sum.e[w];
}

template <class T>
bool norm_packs(std::initializer_list<tensor_view<const T>> views, std::span<const T> weight) {
  constexpr int w = elements_at_once<T>;
  bool all = reinterpret_cast<std::uintptr_t>(weight.data()) % 16 == 0 && weight.size() % w == 0;
  for (const auto& v : views) all = all && packs<w>(v);
  return all;
}

template <class Real>
void add_weight_gradients(basic_cuda<Real>& d, tensor_view<const Real> x, index_t groups,
                          std::span<const float> rstd, tensor_view<const Real> dy, bool packed,
                          std::span<float> dweight) {
  constexpr index_t warps = norm_threads / warp_size;
  auto* const partial = d.template scratch<float>();
  const auto room = static_cast<index_t>(basic_cuda<Real>::scratch_bytes / sizeof(float)) / x.cols;
  const index_t cols = x.cols / groups;
  require(room > 0, "cuda: rms_norm of ", x.cols, " columns; at most ",
          basic_cuda<Real>::scratch_bytes / sizeof(float), ", so use narrower layers");
  const index_t pieces =
      std::clamp<index_t>(blocks_for(x.rows, 32), 1, std::min<index_t>(room, 512));
  const index_t rows_of_piece = (x.rows + pieces - 1) / pieces;
  const index_t w = packed ? elements_at_once<Real> : 1;
  launch(d, "rms_norm_backward",
         packed ? &norm_weight_gradients<elements_at_once<Real>, Real>
                : &norm_weight_gradients<1, Real>,
         dim3(blocks_for(cols, warp_size * w), blocks_for(pieces, warps),
              static_cast<unsigned>(groups)),
         dim3(norm_threads), 0, x, cols, rstd.data(), dy, pieces, rows_of_piece, partial);
  launch(d, "rms_norm_backward", &add_columns<>, dim3(blocks_for(cols, column_threads)),
         dim3(column_threads), 0, partial, pieces * groups, cols, dweight.data());
}

}  // namespace gpu

template <class Real>
void rms_norm_forward(basic_cuda<Real>& d, const rms_norm_forward_operands<basic_cuda<Real>>& of) {
  using namespace gpu;
  if (of.x.rows == 0) return;
  const auto cols = static_cast<index_t>(of.weight.size());
  with_row_plan<Real>(norm_packs<Real>({of.x, of.y}, of.weight), cols, [&](auto plan) {
    launch_rows(d, "rms_norm_forward", plan, &normalize_rows<decltype(plan), false, const Real>,
                of.x.rows, of.x.cols / cols, of.x, added_before<Real>{}, of.weight.data(), cols,
                static_cast<float>(of.eps), of.y, of.rstd.data());
  });
}

template <class Real>
void add_rms_norm_forward(basic_cuda<Real>& d,
                          const add_rms_norm_forward_operands<basic_cuda<Real>>& of) {
  using namespace gpu;
  if (of.x.rows == 0) return;
  const added_before<Real> added{of.stream, drop_below(of.p), static_cast<float>(1 / (1 - of.p)),
                                 of.x};
  with_row_plan<Real>(norm_packs<Real>({of.x, of.y, of.z}, of.weight), of.x.cols, [&](auto plan) {
    launch_rows(d, "add_rms_norm_forward", plan, &normalize_rows<decltype(plan), true, Real>,
                of.x.rows, 1, of.y, added, of.weight.data(), of.x.cols, static_cast<float>(of.eps),
                of.z, of.rstd.data());
  });
}

template <class Real>
void rms_norm_backward(basic_cuda<Real>& d,
                       const rms_norm_backward_operands<basic_cuda<Real>>& of) {
  using namespace gpu;
  if (of.x.rows == 0) return;
  const bool packed = norm_packs<Real>({of.x, of.dy, of.dx}, of.weight);
  const auto cols = static_cast<index_t>(of.weight.size());
  with_row_plan<Real>(packed, cols, [&](auto plan) {
    using plan_type = decltype(plan);
    launch_rows(d, "rms_norm_backward", plan,
                of.beta == 0 ? &norm_input_gradients<plan_type, false, Real>
                             : &norm_input_gradients<plan_type, true, Real>,
                of.x.rows, of.x.cols / cols, of.x, of.weight.data(), cols, of.rstd.data(), of.dy,
                of.dx);
  });
  add_weight_gradients<Real>(d, of.x, of.x.cols / cols, of.rstd, of.dy, packed, of.dweight);
}

}  // namespace zer0

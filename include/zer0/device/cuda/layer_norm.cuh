// LayerNorm of the cuda device: rows as rms_norm.cuh reads them.
#pragma once

#include <zer0/device/cuda/bias.cuh>

namespace zer0 {
namespace gpu {

template <class Plan, class T>
__global__ void layer_normalize_rows(tensor_view<const T> x, const T* weight, const T* bias, float eps,
                                     tensor_view<T> y, float* mean, float* rstd) {
  constexpr int W = Plan::W;
  const index_t row = Plan::row();
  if (row >= x.rows) return;  // the whole warp, or block
  const auto n = static_cast<float>(x.cols);
  pack<T, W> kept[Plan::Kept];
  float sum = 0, squares = 0;
  Plan::each(x.cols, [&](int k, index_t j) {
    kept[k] = load<W>(x.row(row) + j);
    for (int w = 0; w < W; ++w) sum += number(kept[k].e[w]);
  });
  const float m = Plan::sum(sum) / n;
  Plan::each(x.cols, [&](int k, index_t j) {
    const auto in = Plan::Held > 0 ? kept[k] : load<W>(x.row(row) + j);
    for (int w = 0; w < W; ++w) squares += (number(in.e[w]) - m) * (number(in.e[w]) - m);
  });
  const float r = 1 / sqrtf(Plan::sum(squares) / n + eps);
  if (Plan::is_first()) {
    mean[row] = m;
    rstd[row] = r;
  }
  Plan::each(x.cols, [&](int k, index_t j) {
    const auto in = Plan::Held > 0 ? kept[k] : load<W>(x.row(row) + j);
    const auto scale = load<W>(weight + j), shift = load<W>(bias + j);
    pack<T, W> out;
    for (int w = 0; w < W; ++w)
      out.e[w] = static_cast<T>((number(in.e[w]) - m) * r * number(scale.e[w]) + number(shift.e[w]));
    store(y.row(row) + j, out);
  });
}

/// With z = (x - mean) r and g = weight dy: r (g - mean(g) - z mean(g z)), with Add that and what dx held.
template <class Plan, bool Add, class T>
__global__ void layer_norm_input_gradients(tensor_view<const T> x, const T* weight, const float* mean,
                                           const float* rstd, tensor_view<const T> dy, tensor_view<T> dx) {
  constexpr int W = Plan::W;
  const index_t row = Plan::row();
  if (row >= x.rows) return;
  const float m = mean[row], r = rstd[row], n = static_cast<float>(x.cols);
  pack<T, W> kept_x[Plan::Kept], kept_dy[Plan::Kept];
  float along_one = 0, along_z = 0;
  Plan::each(x.cols, [&](int k, index_t j) {
    const auto in = load<W>(x.row(row) + j), scale = load<W>(weight + j), gradient = load<W>(dy.row(row) + j);
    for (int w = 0; w < W; ++w) {
      const float g = number(scale.e[w]) * number(gradient.e[w]);
      along_one += g;
      along_z += g * (number(in.e[w]) - m);
    }
    kept_x[k] = in;
    kept_dy[k] = gradient;
  });
  along_one = Plan::sum(along_one) / n;
  along_z = Plan::sum(along_z) * r * r / n;
  Plan::each(x.cols, [&](int k, index_t j) {
    const auto in = Plan::Held > 0 ? kept_x[k] : load<W>(x.row(row) + j);
    const auto gradient = Plan::Held > 0 ? kept_dy[k] : load<W>(dy.row(row) + j);
    const auto scale = load<W>(weight + j);
    pack<T, W> out;
    if constexpr (Add) out = load<W>(dx.row(row) + j);
    for (int w = 0; w < W; ++w) {
      const float e = r * (number(scale.e[w]) * number(gradient.e[w]) - along_one - (number(in.e[w]) - m) * along_z);
      out.e[w] = static_cast<T>(Add ? number(out.e[w]) + e : e);
    }
    store(dx.row(row) + j, out);
  });
}

template <class T>
struct layer_norm_weight_terms {
  tensor_view<const T> x, dy;
  const float* mean;
  const float* rstd;
  template <int W>
  __device__ void add(index_t row, index_t col, pack<float, W>& sum) const {
    const auto in = load<W>(x.row(row) + col), gradient = load<W>(dy.row(row) + col);
    const float m = mean[row], r = rstd[row];
    for (int w = 0; w < W; ++w) sum.e[w] += number(gradient.e[w]) * ((number(in.e[w]) - m) * r);
  }
};

}  // namespace gpu

template <class Real>
void layer_norm_forward(basic_cuda<Real>& d, const_view<basic_cuda<Real>> x,
                        std::span<const std::type_identity_t<Real>> weight,
                        std::span<const std::type_identity_t<Real>> bias, double eps, view<basic_cuda<Real>> y,
                        wide_span<basic_cuda<Real>> mean, wide_span<basic_cuda<Real>> rstd) {
  if (x.rows == 0) return;
  const bool packed = gpu::norm_packs<Real>({x, y}, weight) && gpu::norm_packs<Real>({}, bias);
  gpu::with_row_plan<Real>(packed, x.cols, [&](auto plan) {
    gpu::launch_rows(d, "layer_norm_forward", plan, &gpu::layer_normalize_rows<decltype(plan), Real>, x.rows, 1, x,
                     weight.data(), bias.data(), static_cast<float>(eps), y, mean.data(), rstd.data());
  });
}

template <class Real>
void layer_norm_backward(basic_cuda<Real>& d, const_view<basic_cuda<Real>> x,
                         std::span<const std::type_identity_t<Real>> weight, const_wide_span<basic_cuda<Real>> mean,
                         const_wide_span<basic_cuda<Real>> rstd, const_view<basic_cuda<Real>> dy, double beta,
                         view<basic_cuda<Real>> dx, wide_span<basic_cuda<Real>> dweight,
                         wide_span<basic_cuda<Real>> dbias) {
  if (x.rows == 0) return;
  constexpr int w = gpu::elements_at_once<Real>;
  gpu::with_row_plan<Real>(gpu::norm_packs<Real>({x, dy, dx}, weight), x.cols, [&](auto plan) {
    using plan_type = decltype(plan);
    gpu::launch_rows(d, "layer_norm_backward", plan,
                     beta == 0 ? &gpu::layer_norm_input_gradients<plan_type, false, Real>
                               : &gpu::layer_norm_input_gradients<plan_type, true, Real>,
                     x.rows, 1, x, weight.data(), mean.data(), rstd.data(), dy, dx);
  });
  gpu::add_terms<w>(d, "layer_norm_backward", x.rows, x.cols, gpu::packs<w>(x) && gpu::packs<w>(dy),
                    gpu::layer_norm_weight_terms<Real>{x, dy, mean.data(), rstd.data()}, dweight);
  add_column_sums(d, dy, dbias);
}

}  // namespace zer0

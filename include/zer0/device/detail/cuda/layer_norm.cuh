// LayerNorm of the cuda device. Rows are read as in rms_norm.cuh.
#pragma once

#include <zer0/device/detail/cuda/rms_norm.cuh>

namespace zer0 {
namespace gpu {

template <class Plan, class T>
__global__ void layer_normalize_rows(tensor_view<const T> x, const T* weight, const T* bias,
                                     float eps, tensor_view<T> y, float* mean, float* rstd) {
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
      out.e[w] =
          static_cast<T>((number(in.e[w]) - m) * r * number(scale.e[w]) + number(shift.e[w]));
    store(y.row(row) + j, out);
  });
}

/// dx = r (g - mean(g) - z mean(g z)) with z = (x - mean) r and g = weight dy; with Add, added to
/// dx.
template <class Plan, bool Add, class T>
__global__ void layer_norm_input_gradients(tensor_view<const T> x, const T* weight,
                                           const float* mean, const float* rstd,
                                           tensor_view<const T> dy, tensor_view<T> dx) {
  constexpr int W = Plan::W;
  const index_t row = Plan::row();
  if (row >= x.rows) return;
  const float m = mean[row], r = rstd[row], n = static_cast<float>(x.cols);
  pack<T, W> kept_x[Plan::Kept], kept_dy[Plan::Kept];
  float along_one = 0, along_z = 0;
  Plan::each(x.cols, [&](int k, index_t j) {
    const auto in = load<W>(x.row(row) + j), scale = load<W>(weight + j),
               gradient = load<W>(dy.row(row) + j);
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
      const float e = r * (number(scale.e[w]) * number(gradient.e[w]) - along_one -
                           (number(in.e[w]) - m) * along_z);
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
void layer_norm_forward(basic_cuda<Real>& d,
                        const layer_norm_forward_operands<basic_cuda<Real>>& of) {
  using namespace gpu;
  if (of.x.rows == 0) return;
  const bool packed = norm_packs<Real>({of.x, of.y}, of.weight) && norm_packs<Real>({}, of.bias);
  with_row_plan<Real>(packed, of.x.cols, [&](auto plan) {
    launch_rows(d, "layer_norm_forward", plan, &layer_normalize_rows<decltype(plan), Real>,
                of.x.rows, 1, of.x, of.weight.data(), of.bias.data(), static_cast<float>(of.eps),
                of.y, of.mean.data(), of.rstd.data());
  });
}

template <class Real>
void layer_norm_backward(basic_cuda<Real>& d,
                         const layer_norm_backward_operands<basic_cuda<Real>>& of) {
  using namespace gpu;
  if (of.x.rows == 0) return;
  constexpr int w = elements_at_once<Real>;
  with_row_plan<Real>(norm_packs<Real>({of.x, of.dy, of.dx}, of.weight), of.x.cols, [&](auto plan) {
    using plan_type = decltype(plan);
    launch_rows(d, "layer_norm_backward", plan,
                of.beta == 0 ? &layer_norm_input_gradients<plan_type, false, Real>
                             : &layer_norm_input_gradients<plan_type, true, Real>,
                of.x.rows, 1, of.x, of.weight.data(), of.mean.data(), of.rstd.data(), of.dy, of.dx);
  });
  add_terms<w>(d, "layer_norm_backward", of.x.rows, of.x.cols, packs<w>(of.x) && packs<w>(of.dy),
               layer_norm_weight_terms<Real>{of.x, of.dy, of.mean.data(), of.rstd.data()},
               of.dweight);
  add_column_sums(d, of.dy, of.dbias);
}

}  // namespace zer0

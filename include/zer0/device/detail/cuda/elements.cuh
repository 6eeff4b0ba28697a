// Element-wise operations, rows and sums of the cuda device.
#pragma once

#include <zer0/device/detail/cuda/parallel.cuh>

namespace zer0 {
namespace gpu {

template <class T>
struct fill_elements {
  tensor_view<T> y;
  T value;
  template <int W>
  __device__ void at(index_t i, index_t j) const {
    pack<T, W> out;
    for (int w = 0; w < W; ++w) out.e[w] = value;
    store(y.row(i) + j, out);
  }
};

template <class From, class To>
struct copy_elements {
  tensor_view<const From> x;
  tensor_view<To> y;
  template <int W>
  __device__ void at(index_t i, index_t j) const {
    const auto in = load<W>(x.row(i) + j);
    pack<To, W> out;
    for (int w = 0; w < W; ++w) out.e[w] = static_cast<To>(in.e[w]);
    store(y.row(i) + j, out);
  }
};

template <class T>
struct add_elements {
  tensor_view<const T> x;
  tensor_view<T> y;
  template <int W>
  __device__ void at(index_t i, index_t j) const {
    const auto in = load<W>(x.row(i) + j);
    auto out = load<W>(y.row(i) + j);
    for (int w = 0; w < W; ++w) out.e[w] = static_cast<T>(number(out.e[w]) + number(in.e[w]));
    store(y.row(i) + j, out);
  }
};

/// y += factor * x in float, then rounded to To.
template <class From, class To>
struct add_scaled_elements {
  float factor;
  tensor_view<const From> x;
  tensor_view<To> y;
  template <int W>
  __device__ void at(index_t i, index_t j) const {
    const auto in = load<W>(x.row(i) + j);
    auto out = load<W>(y.row(i) + j);
    for (int w = 0; w < W; ++w)
      out.e[w] = static_cast<To>(number(out.e[w]) + factor * number(in.e[w]));
    store(y.row(i) + j, out);
  }
};

template <class T>
struct scale_elements {
  float factor;
  tensor_view<T> y;
  template <int W>
  __device__ void at(index_t i, index_t j) const {
    auto out = load<W>(y.row(i) + j);
    for (int w = 0; w < W; ++w) out.e[w] = static_cast<T>(factor * number(out.e[w]));
    store(y.row(i) + j, out);
  }
};

/// y[to[i]] = x[from[i]]; a null list is the identity.
template <class T>
struct move_rows {
  tensor_view<const T> x;
  tensor_view<T> y;
  const std::int32_t* from;
  const std::int32_t* to;
  template <int W>
  __device__ void at(index_t i, index_t j) const {
    store(y.row(to ? to[i] : i) + j, load<W>(x.row(from ? from[i] : i) + j));
  }
};

inline constexpr int sum_blocks = 256;
inline constexpr int sum_threads = 256;
using sum_memory = warp_slots<double, sum_threads>;

/// The sum over the block; all of its threads get it.
__device__ inline double block_sum(double x) {
  return over_block<sum_threads>(warp_sum(x), [](double a, double b) { return a + b; });
}

/// partial[block] = sum of the block's elements, or of their squares. The grid is the same for
/// every n, so the order of the sum depends on n alone.
template <bool Squares>
__global__ void partial_sums(const float* x, index_t n, double* partial) {
  double total = 0;
  for (index_t i = index_t{blockIdx.x} * sum_threads + threadIdx.x; i < n;
       i += sum_blocks * sum_threads) {
    const auto e = static_cast<double>(x[i]);
    total += Squares ? e * e : e;
  }
  total = block_sum(total);
  if (threadIdx.x == 0) partial[blockIdx.x] = total;
}

template <class = void>  // a template, so that it may stand in a header
__global__ void add_partial_sums(const double* partial, double* total) {
  static_assert(sum_blocks == sum_threads);
  const double sum = block_sum(partial[threadIdx.x]);
  if (threadIdx.x == 0) *total += sum;
}

template <bool Squares, class Real>
void add_sum_of(basic_cuda<Real>& d, std::span<const float> x, double* total) {
  auto* const partial = d.template scratch<double>();
  launch(d, "sum", &partial_sums<Squares>, dim3(sum_blocks), dim3(sum_threads), sizeof(sum_memory),
         x.data(), static_cast<index_t>(x.size()), partial);
  launch(d, "sum", &add_partial_sums<>, dim3(1), dim3(sum_threads), sizeof(sum_memory), partial,
         total);
}

template <class Real, class T>
void fill_all(basic_cuda<Real>& d, tensor_view<T> y, double value) {
  constexpr int w = elements_at_once<T>;
  each_element<w>(d, "fill", y, packs<w>(y),
                  fill_elements<T>{y, static_cast<T>(static_cast<float>(value))});
}
template <class Real, class From, class To>
void copy_all(basic_cuda<Real>& d, tensor_view<const From> x, tensor_view<To> y) {
  constexpr int w = elements_at_once<From, To>;
  each_element<w>(d, "copy", y, packs<w>(x) && packs<w>(y), copy_elements<From, To>{x, y});
}
template <class Real, class From, class To>
void add_scaled_all(basic_cuda<Real>& d, double factor, tensor_view<const From> x,
                    tensor_view<To> y) {
  constexpr int w = elements_at_once<From, To>;
  each_element<w>(d, "add_scaled", y, packs<w>(x) && packs<w>(y),
                  add_scaled_elements<From, To>{static_cast<float>(factor), x, y});
}
template <class Real, class T>
void scale_all(basic_cuda<Real>& d, double factor, tensor_view<T> y) {
  constexpr int w = elements_at_once<T>;
  each_element<w>(d, "scale", y, packs<w>(y), scale_elements<T>{static_cast<float>(factor), y});
}

}  // namespace gpu

template <class Real>
void fill(basic_cuda<Real>& d, view<basic_cuda<Real>> y, double value) {
  gpu::fill_all(d, y, value);
}
template <class Real>
void copy(basic_cuda<Real>& d, const_view<basic_cuda<Real>> x, view<basic_cuda<Real>> y) {
  gpu::copy_all(d, x, y);
}
template <class Real>
void scale(basic_cuda<Real>& d, double factor, view<basic_cuda<Real>> y) {
  gpu::scale_all(d, factor, y);
}
template <class Real>
requires(!std::same_as<Real, wide<Real>>)
void fill(basic_cuda<Real>& d, wide_view<basic_cuda<Real>> y, double value) {
  gpu::fill_all(d, y, value);
}
template <class Real>
requires(!std::same_as<Real, wide<Real>>)
void copy(basic_cuda<Real>& d, const_view<basic_cuda<Real>> x, wide_view<basic_cuda<Real>> y) {
  gpu::copy_all(d, x, y);
}
template <class Real>
requires(!std::same_as<Real, wide<Real>>)
void copy(basic_cuda<Real>& d, tensor_view<const wide<Real>> x, view<basic_cuda<Real>> y) {
  gpu::copy_all(d, x, y);
}
template <class Real>
requires(!std::same_as<Real, wide<Real>>)
void scale(basic_cuda<Real>& d, double factor, wide_view<basic_cuda<Real>> y) {
  gpu::scale_all(d, factor, y);
}

template <class Real>
void add(basic_cuda<Real>& d, const_view<basic_cuda<Real>> x, view<basic_cuda<Real>> y) {
  constexpr int w = gpu::elements_at_once<Real>;
  gpu::each_element<w>(d, "add", y, gpu::packs<w>(x) && gpu::packs<w>(y),
                       gpu::add_elements<Real>{x, y});
}
template <class Real>
void add_scaled(basic_cuda<Real>& d, double factor, const_view<basic_cuda<Real>> x,
                view<basic_cuda<Real>> y) {
  gpu::add_scaled_all(d, factor, x, y);
}
template <class Real>
requires(!std::same_as<Real, wide<Real>>)
void add_scaled(basic_cuda<Real>& d, double factor, const_wide_view<basic_cuda<Real>> x,
                wide_view<basic_cuda<Real>> y) {
  gpu::add_scaled_all(d, factor, x, y);
}
template <class Real>
requires(!std::same_as<Real, wide<Real>>)
void add_scaled(basic_cuda<Real>& d, double factor, const_view<basic_cuda<Real>> x,
                wide_view<basic_cuda<Real>> y) {
  gpu::add_scaled_all(d, factor, x, y);
}
template <class Real>
void gather_rows(basic_cuda<Real>& d, const_view<basic_cuda<Real>> x, id_span rows,
                 view<basic_cuda<Real>> y) {
  constexpr int w = gpu::elements_at_once<Real>;
  gpu::each_element<w>(d, "gather_rows", y, gpu::packs<w>(x) && gpu::packs<w>(y),
                       gpu::move_rows<Real>{x, y, rows.data(), nullptr});
}
template <class Real>
void scatter_rows(basic_cuda<Real>& d, const_view<basic_cuda<Real>> x, id_span rows,
                  view<basic_cuda<Real>> y) {
  constexpr int w = gpu::elements_at_once<Real>;
  gpu::each_element<w>(d, "scatter_rows", x, gpu::packs<w>(x) && gpu::packs<w>(y),
                       gpu::move_rows<Real>{x, y, nullptr, rows.data()});
}
template <class Real>
void add_sum(basic_cuda<Real>& d, const_wide_span<basic_cuda<Real>> x, double* total) {
  gpu::add_sum_of<false>(d, x, total);
}
template <class Real>
void add_squares(basic_cuda<Real>& d, const_wide_span<basic_cuda<Real>> x, double* total) {
  gpu::add_sum_of<true>(d, x, total);
}

}  // namespace zer0

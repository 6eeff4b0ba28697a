// Element-wise operations, rows, random numbers and sums of the cuda device.
#pragma once

#include <zer0/core/philox.hpp>
#include <zer0/device/cuda/vector.cuh>

namespace zer0 {
namespace gpu {

/// Elements in 16 bytes of the wider of two types.
template <class A, class B = A>
inline constexpr int elements_at_once = static_cast<int>(16 / (sizeof(A) > sizeof(B) ? sizeof(A) : sizeof(B)));

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

/// y[to[i]] = x[from[i]]; a missing list is the identity.
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

__device__ inline std::array<std::uint32_t, 4> random_block(const random_stream& r, index_t row, index_t col) {
  return philox4x32({static_cast<std::uint32_t>(col / 4), static_cast<std::uint32_t>(row), r.site, r.step},
                    philox_key_of(r.seed));
}

/// Word col % 4 of a block of random numbers. Not by an index, which would put the block into memory.
__device__ inline std::uint32_t word_of(const std::array<std::uint32_t, 4>& block, index_t col) {
  const std::uint32_t low = (col & 1) != 0 ? block[1] : block[0], high = (col & 1) != 0 ? block[3] : block[2];
  return (col & 2) != 0 ? high : low;
}

/// What dropout multiplies the elements (row, col) .. (row, col + W - 1) by, 0 for a dropped one; W is 1 or col a
/// multiple of it.
template <int W>
__device__ pack<float, W> keep_factors(const random_stream& r, std::uint32_t threshold, float factor, index_t row,
                                       index_t col) {
  pack<float, W> out;
  std::array<std::uint32_t, 4> words{};
  for (int w = 0; w < W; ++w) {
    if (threshold > 0 && w % 4 == 0) words = random_block(r, row, col + w);
    const float kept = threshold == 0 ? 1.0f : factor;
    out.e[w] = threshold == 0 || word_of(words, W == 1 ? col : w) >= threshold ? kept : 0.0f;
  }
  return out;
}

__device__ inline float times_kept(float x, float kept) { return kept == 0 ? 0.0f : x * kept; }

/// x + dropout(y) for elements (row, col) ..
template <int W, class T>
__device__ pack<T, W> add_dropped(const random_stream& r, std::uint32_t threshold, float factor, index_t row,
                                  index_t col, const pack<T, W>& x, const pack<T, W>& y) {
  const auto kept = keep_factors<W>(r, threshold, factor, row, col);
  pack<T, W> out;
  for (int w = 0; w < W; ++w) out.e[w] = static_cast<T>(number(x.e[w]) + times_kept(number(y.e[w]), kept.e[w]));
  return out;
}

template <class T>
struct drop_elements {
  random_stream stream;
  std::uint32_t threshold;
  float factor;
  tensor_view<const T> x;
  tensor_view<T> y;
  template <int W>
  __device__ void at(index_t i, index_t j) const {
    const auto in = load<W>(x.row(i) + j);
    const auto kept = keep_factors<W>(stream, threshold, factor, i, j);
    pack<T, W> out;
    for (int w = 0; w < W; ++w) out.e[w] = static_cast<T>(times_kept(number(in.e[w]), kept.e[w]));
    store(y.row(i) + j, out);
  }
};

template <class T>
struct add_dropped_elements {
  random_stream stream;
  std::uint32_t threshold;  ///< 0: nothing is dropped, no random number is computed
  float factor;
  tensor_view<const T> x;
  tensor_view<T> y;
  template <int W>
  __device__ void at(index_t i, index_t j) const {
    store(y.row(i) + j, add_dropped<W>(stream, threshold, factor, i, j, load<W>(x.row(i) + j), load<W>(y.row(i) + j)));
  }
};

/// As core/philox.hpp computes them: in double, then rounded.
template <class T>
struct normal_elements {
  random_stream stream;
  double mean, deviation;
  tensor_view<T> y;
  template <int W>
  __device__ void at(index_t i, index_t j) const {
    for (int w = 0; w < W; ++w) {
      const auto words = random_block(stream, i, j + w);
      const auto pair = static_cast<std::size_t>((j + w) % 4 / 2 * 2);
      const double radius = sqrt(-2.0 * log((static_cast<double>(words[pair]) + 1.0) * 0x1p-32));
      const double angle = 6.283185307179586476925 * 0x1p-32 * static_cast<double>(words[pair + 1]);
      const auto normal = static_cast<float>(radius * ((j + w) % 2 == 0 ? cos(angle) : sin(angle)));
      y(i, j + w) = static_cast<T>(static_cast<float>(mean + deviation * static_cast<double>(normal)));
    }
  }
};

template <class T>
struct uniform_elements {
  random_stream stream;
  double low, high;
  tensor_view<T> y;
  template <int W>
  __device__ void at(index_t i, index_t j) const {
    const auto words = random_block(stream, i, j);
    const auto u = static_cast<double>(uniform01(word_of(words, j)));
    y(i, j) = static_cast<T>(static_cast<float>(low + (high - low) * u));
  }
};

inline constexpr int sum_blocks = 256;
inline constexpr int sum_threads = 256;
struct sum_memory {
  double of_warp[sum_threads / warp_size];
};

__device__ inline double warp_sum(double x) {
  for (int mask = 16; mask > 0; mask /= 2) x += __shfl_xor_sync(whole_warp, x, mask);
  return x;
}
/// The sum over the block, the same in all of its threads. Once in a kernel: the memory is not free again before its
/// end.
__device__ inline double block_sum(double x) {
  sum_memory& memory = shared_memory<sum_memory>();
  const unsigned warp = threadIdx.x / warp_size;
  x = warp_sum(x);
  if (threadIdx.x % warp_size == 0) memory.of_warp[warp] = x;
  __syncthreads();
  double total = 0;
  for (int i = 0; i < sum_threads / warp_size; ++i) total += memory.of_warp[i];
  return total;
}

/// partial[block] = sum of the block's elements, or of their squares. The grid is the same whatever n, so is the order.
template <bool Squares>
__global__ void partial_sums(const float* x, index_t n, double* partial) {
  double total = 0;
  for (index_t i = index_t{blockIdx.x} * sum_threads + threadIdx.x; i < n; i += sum_blocks * sum_threads) {
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
  launch(d, "sum", &partial_sums<Squares>, dim3(sum_blocks), dim3(sum_threads), sizeof(sum_memory), x.data(),
         static_cast<index_t>(x.size()), partial);
  launch(d, "sum", &add_partial_sums<>, dim3(1), dim3(sum_threads), sizeof(sum_memory), partial, total);
}

template <class Real, class T>
void fill_all(basic_cuda<Real>& d, tensor_view<T> y, double value) {
  constexpr int w = elements_at_once<T>;
  each_element<w>(d, "fill", y, packs<w>(y), fill_elements<T>{y, static_cast<T>(static_cast<float>(value))});
}
template <class Real, class From, class To>
void copy_all(basic_cuda<Real>& d, tensor_view<const From> x, tensor_view<To> y) {
  constexpr int w = elements_at_once<From, To>;
  each_element<w>(d, "copy", y, packs<w>(x) && packs<w>(y), copy_elements<From, To>{x, y});
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
requires(!std::same_as<Real, wide<Real>>) void fill(basic_cuda<Real>& d, wide_view<basic_cuda<Real>> y, double value) {
  gpu::fill_all(d, y, value);
}
template <class Real>
requires(!std::same_as<Real, wide<Real>>) void copy(basic_cuda<Real>& d, const_view<basic_cuda<Real>> x,
                                                    wide_view<basic_cuda<Real>> y) {
  gpu::copy_all(d, x, y);
}
template <class Real>
requires(!std::same_as<Real, wide<Real>>) void scale(basic_cuda<Real>& d, double factor,
                                                     wide_view<basic_cuda<Real>> y) {
  gpu::scale_all(d, factor, y);
}

template <class Real>
void add(basic_cuda<Real>& d, const_view<basic_cuda<Real>> x, view<basic_cuda<Real>> y) {
  constexpr int w = gpu::elements_at_once<Real>;
  gpu::each_element<w>(d, "add", y, gpu::packs<w>(x) && gpu::packs<w>(y), gpu::add_elements<Real>{x, y});
}
template <class Real>
void gather_rows(basic_cuda<Real>& d, const_view<basic_cuda<Real>> x, id_span rows, view<basic_cuda<Real>> y) {
  constexpr int w = gpu::elements_at_once<Real>;
  gpu::each_element<w>(d, "gather_rows", y, gpu::packs<w>(x) && gpu::packs<w>(y),
                       gpu::move_rows<Real>{x, y, rows.data(), nullptr});
}
template <class Real>
void scatter_rows(basic_cuda<Real>& d, const_view<basic_cuda<Real>> x, id_span rows, view<basic_cuda<Real>> y) {
  constexpr int w = gpu::elements_at_once<Real>;
  gpu::each_element<w>(d, "scatter_rows", x, gpu::packs<w>(x) && gpu::packs<w>(y),
                       gpu::move_rows<Real>{x, y, nullptr, rows.data()});
}
template <class Real>
void apply_dropout(basic_cuda<Real>& d, double p, random_stream r, const_view<basic_cuda<Real>> x,
                   view<basic_cuda<Real>> y) {
  constexpr int w = gpu::elements_at_once<Real>;
  gpu::each_element<w>(d, "apply_dropout", y, gpu::packs<w>(x) && gpu::packs<w>(y),
                       gpu::drop_elements<Real>{r, drop_below(p), static_cast<float>(1 / (1 - p)), x, y});
}
template <class Real>
void add_dropout(basic_cuda<Real>& d, double p, random_stream r, const_view<basic_cuda<Real>> x,
                 view<basic_cuda<Real>> y) {
  constexpr int w = gpu::elements_at_once<Real>;
  gpu::each_element<w>(d, "add_dropout", y, gpu::packs<w>(x) && gpu::packs<w>(y),
                       gpu::add_dropped_elements<Real>{r, drop_below(p), static_cast<float>(1 / (1 - p)), x, y});
}
template <class Real>
void random_normal(basic_cuda<Real>& d, random_stream r, double mean, double deviation, view<basic_cuda<Real>> y) {
  gpu::each_element<1>(d, "random_normal", y, false, gpu::normal_elements<Real>{r, mean, deviation, y});
}
template <class Real>
void random_uniform(basic_cuda<Real>& d, random_stream r, double low, double high, view<basic_cuda<Real>> y) {
  gpu::each_element<1>(d, "random_uniform", y, false, gpu::uniform_elements<Real>{r, low, high, y});
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

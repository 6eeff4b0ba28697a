// Dropout and random matrices of the cuda device.
#pragma once

#include <zer0/core/philox.hpp>
#include <zer0/device/detail/cuda/parallel.cuh>

namespace zer0 {
namespace gpu {

__device__ inline std::array<std::uint32_t, 4> random_block(const random_stream& r, index_t row,
                                                            index_t col) {
  return philox4x32(
      {static_cast<std::uint32_t>(col / 4), static_cast<std::uint32_t>(row), r.site, r.step},
      philox_key_of(r.seed));
}

/// Word col % 4 of a block of random numbers. It is selected by conditions, as an index would put
/// the block into memory.
__device__ inline std::uint32_t word_of(const std::array<std::uint32_t, 4>& block, index_t col) {
  const std::uint32_t low = (col & 1) != 0 ? block[1] : block[0],
                      high = (col & 1) != 0 ? block[3] : block[2];
  return (col & 2) != 0 ? high : low;
}

/// The factors of dropout for elements (row, col) .. (row, col + W - 1); 0: dropped. W is 1, or col
/// is a multiple of W.
template <int W>
__device__ pack<float, W> keep_factors(const random_stream& r, std::uint32_t threshold,
                                       float factor, index_t row, index_t col) {
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

/// x + dropout(y) for elements (row, col) .. (row, col + W - 1).
template <int W, class T>
__device__ pack<T, W> add_dropped(const random_stream& r, std::uint32_t threshold, float factor,
                                  index_t row, index_t col, const pack<T, W>& x,
                                  const pack<T, W>& y) {
  const auto kept = keep_factors<W>(r, threshold, factor, row, col);
  pack<T, W> out;
  for (int w = 0; w < W; ++w)
    out.e[w] = static_cast<T>(number(x.e[w]) + times_kept(number(y.e[w]), kept.e[w]));
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
    store(y.row(i) + j, add_dropped<W>(stream, threshold, factor, i, j, load<W>(x.row(i) + j),
                                       load<W>(y.row(i) + j)));
  }
};

/// Normal numbers as in core/philox.hpp: computed in double, then rounded.
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
      y(i, j + w) =
          static_cast<T>(static_cast<float>(mean + deviation * static_cast<double>(normal)));
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

}  // namespace gpu

template <class Real>
void apply_dropout(basic_cuda<Real>& d, double p, random_stream r, const_view<basic_cuda<Real>> x,
                   view<basic_cuda<Real>> y) {
  constexpr int w = gpu::elements_at_once<Real>;
  gpu::each_element<w>(
      d, "apply_dropout", y, gpu::packs<w>(x) && gpu::packs<w>(y),
      gpu::drop_elements<Real>{r, drop_below(p), static_cast<float>(1 / (1 - p)), x, y});
}
template <class Real>
void add_dropout(basic_cuda<Real>& d, double p, random_stream r, const_view<basic_cuda<Real>> x,
                 view<basic_cuda<Real>> y) {
  constexpr int w = gpu::elements_at_once<Real>;
  gpu::each_element<w>(
      d, "add_dropout", y, gpu::packs<w>(x) && gpu::packs<w>(y),
      gpu::add_dropped_elements<Real>{r, drop_below(p), static_cast<float>(1 / (1 - p)), x, y});
}
template <class Real>
void random_normal(basic_cuda<Real>& d, random_stream r, double mean, double deviation,
                   view<basic_cuda<Real>> y) {
  gpu::each_element<1>(d, "random_normal", y, false,
                       gpu::normal_elements<Real>{r, mean, deviation, y});
}
template <class Real>
void random_uniform(basic_cuda<Real>& d, random_stream r, double low, double high,
                    view<basic_cuda<Real>> y) {
  gpu::each_element<1>(d, "random_uniform", y, false, gpu::uniform_elements<Real>{r, low, high, y});
}

}  // namespace zer0

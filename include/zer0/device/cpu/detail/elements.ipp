// Bodies of zer0/device/cpu/elements.hpp.
#pragma once

#include <zer0/device/cpu/elements.hpp>
#include <zer0/device/cpu/detail/parallel.hpp>
#include <zer0/device/cpu/detail/random.hpp>

#include <algorithm>

namespace zer0 {
namespace detail {

/// Calls f(row index, elements of y in that row) for every row; a contiguous matrix is one long row cut into pieces.
template <class F>
void for_rows(tensor_view<float> y, F f) {
  parallel_for(y.rows, y.cols, [&](index_t i) { f(i, y.row(i)); });
}

}  // namespace detail

ZER0_INLINE void fill(cpu&, tensor_view<float> y, double value) {
  const auto v = static_cast<float>(value);
  if (y.contiguous())
    return detail::parallel_pieces(y.elements(), [&](index_t a, index_t b) { std::fill(y.data + a, y.data + b, v); });
  detail::for_rows(y, [&](index_t, float* row) { std::fill(row, row + y.cols, v); });
}

ZER0_INLINE void copy(cpu&, tensor_view<const float> x, tensor_view<float> y) {
  detail::for_rows(y, [&](index_t i, float* row) { std::copy(x.row(i), x.row(i) + y.cols, row); });
}

ZER0_INLINE void add(cpu&, tensor_view<const float> x, tensor_view<float> y) {
  detail::for_rows(y, [&](index_t i, float* row) {
    const float* from = x.row(i);
#pragma omp simd
    for (index_t j = 0; j < y.cols; ++j) row[j] += from[j];
  });
}

ZER0_INLINE void scale(cpu&, double factor, tensor_view<float> y) {
  const auto f = static_cast<float>(factor);
  detail::for_rows(y, [&](index_t, float* row) {
#pragma omp simd
    for (index_t j = 0; j < y.cols; ++j) row[j] *= f;
  });
}

ZER0_INLINE void gather_rows(cpu&, tensor_view<const float> x, id_span rows, tensor_view<float> y) {
  detail::for_rows(y, [&](index_t i, float* row) {
    const float* from = x.row(rows[static_cast<std::size_t>(i)]);
    std::copy(from, from + y.cols, row);
  });
}

ZER0_INLINE void scatter_rows(cpu&, tensor_view<const float> x, id_span rows, tensor_view<float> y) {
  detail::parallel_for(x.rows, x.cols, [&](index_t i) {
    std::copy(x.row(i), x.row(i) + x.cols, y.row(rows[static_cast<std::size_t>(i)]));
  });
}

ZER0_INLINE void apply_dropout(cpu&, double p, random_stream r, tensor_view<const float> x, tensor_view<float> y) {
  detail::for_rows(y, [&](index_t i, float* row) { detail::drop_row(r, i, p, x.row(i), row, y.cols); });
}

ZER0_INLINE void add_dropout(cpu&, double p, random_stream r, tensor_view<const float> x, tensor_view<float> y) {
  detail::for_rows(y, [&](index_t i, float* row) { detail::add_dropped_row(r, i, p, x.row(i), row, y.cols); });
}

ZER0_INLINE void random_normal(cpu&, random_stream r, double mean, double deviation, tensor_view<float> y) {
  const philox_key key = philox_key_of(r.seed);
  detail::for_rows(y, [&](index_t i, float* row) {
    for (index_t j = 0; j < y.cols; j += 4) {
      const auto normals = standard_normals(
          philox4x32({static_cast<std::uint32_t>(j / 4), static_cast<std::uint32_t>(i), r.site, r.step}, key));
      for (index_t k = 0; k < std::min<index_t>(4, y.cols - j); ++k)
        row[j + k] = static_cast<float>(mean + deviation * normals[static_cast<std::size_t>(k)]);
    }
  });
}

ZER0_INLINE void random_uniform(cpu&, random_stream r, double low, double high, tensor_view<float> y) {
  detail::for_rows(y, [&](index_t i, float* row) {
    detail::for_random_words(r, i, y.cols, [&](index_t first, index_t count, const std::uint32_t* words) {
      for (index_t j = 0; j < count; ++j) row[first + j] = static_cast<float>(low + (high - low) * uniform01(words[j]));
    });
  });
}

ZER0_INLINE void add_sum(cpu&, std::span<const float> x, double* to) {
  *to += detail::parallel_sum(static_cast<index_t>(x.size()), [&](index_t first, index_t last) {
    double total = 0;
#pragma omp simd reduction(+ : total)
    for (index_t i = first; i < last; ++i) total += static_cast<double>(x[static_cast<std::size_t>(i)]);
    return total;
  });
}

ZER0_INLINE void add_squares(cpu&, std::span<const float> x, double* to) {
  *to += detail::parallel_sum(static_cast<index_t>(x.size()), [&](index_t first, index_t last) {
    double total = 0;
#pragma omp simd reduction(+ : total)
    for (index_t i = first; i < last; ++i) {
      const auto e = static_cast<double>(x[static_cast<std::size_t>(i)]);
      total += e * e;
    }
    return total;
  });
}

}  // namespace zer0

// Bodies of the cpu device's operations element by element, and of embeddings.
#pragma once

#include <zer0/device/cpu.hpp>
#include <zer0/device/detail/cpu/parallel.hpp>
#include <zer0/device/detail/cpu/random.hpp>

#include <algorithm>

namespace zer0 {
namespace detail {

/// Calls f(row index, elements of y in that row) for every row.
template <class F>
void for_rows(view<cpu> y, F f) {
  parallel_for(y.rows, y.cols, [&](index_t i) { f(i, y.row(i)); });
}

}  // namespace detail

ZER0_INLINE void fill(cpu&, view<cpu> y, double value) {
  const auto v = static_cast<float>(value);
  if (y.contiguous())
    return detail::parallel_for_ranges(
        y.elements(), [&](index_t a, index_t b) { std::fill(y.data + a, y.data + b, v); });
  detail::for_rows(y, [&](index_t, float* row) { std::fill(row, row + y.cols, v); });
}

ZER0_INLINE void copy(cpu&, const_view<cpu> x, view<cpu> y) {
  detail::for_rows(y, [&](index_t i, float* row) { std::copy(x.row(i), x.row(i) + y.cols, row); });
}

ZER0_INLINE void add(cpu&, const_view<cpu> x, view<cpu> y) {
  detail::for_rows(y, [&](index_t i, float* row) {
    const float* from = x.row(i);
#pragma omp simd
    for (index_t j = 0; j < y.cols; ++j) row[j] += from[j];
  });
}

ZER0_INLINE void add_scaled(cpu&, double factor, const_view<cpu> x, view<cpu> y) {
  const auto f = static_cast<float>(factor);
  detail::for_rows(y, [&](index_t i, float* row) {
    const float* from = x.row(i);
#pragma omp simd
    for (index_t j = 0; j < y.cols; ++j) row[j] += f * from[j];
  });
}

ZER0_INLINE void scale(cpu&, double factor, view<cpu> y) {
  const auto f = static_cast<float>(factor);
  detail::for_rows(y, [&](index_t, float* row) {
#pragma omp simd
    for (index_t j = 0; j < y.cols; ++j) row[j] *= f;
  });
}

ZER0_INLINE void gather_rows(cpu&, const_view<cpu> x, id_span rows, view<cpu> y) {
  detail::for_rows(y, [&](index_t i, float* row) {
    const float* from = x.row(rows[static_cast<std::size_t>(i)]);
    std::copy(from, from + y.cols, row);
  });
}

ZER0_INLINE void scatter_rows(cpu&, const_view<cpu> x, id_span rows, view<cpu> y) {
  detail::parallel_for(x.rows, x.cols, [&](index_t i) {
    std::copy(x.row(i), x.row(i) + x.cols, y.row(rows[static_cast<std::size_t>(i)]));
  });
}

ZER0_INLINE void apply_dropout(cpu&, double p, random_stream r, const_view<cpu> x, view<cpu> y) {
  detail::for_rows(
      y, [&](index_t i, float* row) { detail::drop_row(r, i, p, x.row(i), row, y.cols); });
}

ZER0_INLINE void add_dropout(cpu&, double p, random_stream r, const_view<cpu> x, view<cpu> y) {
  detail::for_rows(
      y, [&](index_t i, float* row) { detail::add_dropped_row(r, i, p, x.row(i), row, y.cols); });
}

ZER0_INLINE void random_normal(cpu&, random_stream r, double mean, double deviation, view<cpu> y) {
  const philox_key key = philox_key_of(r.seed);
  detail::for_rows(y, [&](index_t i, float* row) {
    for (index_t j = 0; j < y.cols; j += 4) {
      const auto normals = standard_normals(philox4x32(
          {static_cast<std::uint32_t>(j / 4), static_cast<std::uint32_t>(i), r.site, r.step}, key));
      for (index_t k = 0; k < std::min<index_t>(4, y.cols - j); ++k)
        row[j + k] = static_cast<float>(mean + deviation * normals[static_cast<std::size_t>(k)]);
    }
  });
}

ZER0_INLINE void random_uniform(cpu&, random_stream r, double low, double high, view<cpu> y) {
  detail::for_rows(y, [&](index_t i, float* row) {
    detail::for_random_words(
        r, i, y.cols, [&](index_t first, index_t count, const std::uint32_t* words) {
          for (index_t j = 0; j < count; ++j)
            row[first + j] = static_cast<float>(low + (high - low) * uniform01(words[j]));
        });
  });
}

ZER0_INLINE void add_sum(cpu&, std::span<const float> x, double* to) {
  *to += detail::parallel_sum(static_cast<index_t>(x.size()), [&](index_t first, index_t last) {
    double total = 0;
#pragma omp simd reduction(+ : total)
    for (index_t i = first; i < last; ++i)
      total += static_cast<double>(x[static_cast<std::size_t>(i)]);
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

ZER0_INLINE void add_bias(cpu&, std::span<const float> bias, view<cpu> y) {
  detail::parallel_for(y.rows, y.cols, [&](index_t i) {
    float* row = y.row(i);
    const float* b = bias.data();
#pragma omp simd
    for (index_t j = 0; j < y.cols; ++j) row[j] += b[j];
  });
}

ZER0_INLINE void add_column_sums(cpu&, const_view<cpu> x, std::span<float> sums) {
  detail::add_over_rows(x.rows, x.cols, sums.data(),
                        [&](index_t i, index_t first, index_t count, float* partial) {
                          const float* row = x.row(i) + first;
#pragma omp simd
                          for (index_t j = 0; j < count; ++j) partial[j] += row[j];
                        });
}

ZER0_INLINE void embedding_forward(cpu& d, const_view<cpu> table, id_span ids, view<cpu> y) {
  gather_rows(d, table, ids, y);
}

/// Threads divide the columns, not the tokens: each sum keeps the order of the tokens, and no two
/// threads write to one element.
ZER0_INLINE void embedding_backward(cpu&, id_span ids, const_view<cpu> dy, view<cpu> dtable) {
  constexpr index_t block = 64;
  detail::parallel_for((dy.cols + block - 1) / block, dy.rows * block, [&](index_t b) {
    const index_t first = b * block;
    const index_t count = std::min(block, dy.cols - first);
    for (index_t i = 0; i < dy.rows; ++i) {
      float* to = dtable.row(ids[static_cast<std::size_t>(i)]) + first;
      const float* from = dy.row(i) + first;
#pragma omp simd
      for (index_t j = 0; j < count; ++j) to[j] += from[j];
    }
  });
}

}  // namespace zer0

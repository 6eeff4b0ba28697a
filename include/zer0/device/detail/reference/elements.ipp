// Bodies of the reference device's operations that are only a loop or two: elements, products,
// embedding, positions, sequences, the optimizer.
#pragma once

#include <zer0/core/philox.hpp>
#include <zer0/device/reference.hpp>

#include <array>
#include <cmath>
#include <cstdint>

namespace zer0 {
namespace detail {

ZER0_INLINE std::array<std::uint32_t, 4> random_block(random_stream r, index_t row, index_t col) {
  return philox4x32(
      {static_cast<std::uint32_t>(col / 4), static_cast<std::uint32_t>(row), r.site, r.step},
      philox_key_of(r.seed));
}

ZER0_INLINE std::uint32_t random_word(random_stream r, index_t row, index_t col) {
  return random_block(r, row, col)[static_cast<std::size_t>(col % 4)];
}

}  // namespace detail

ZER0_INLINE void fill(reference&, view<reference> y, double value) {
  detail::for_each(y, [&](double& e, index_t, index_t) { e = value; });
}

ZER0_INLINE void copy(reference&, const_view<reference> x, view<reference> y) {
  detail::for_each(y, [&](double& e, index_t i, index_t j) { e = x(i, j); });
}

ZER0_INLINE void add(reference&, const_view<reference> x, view<reference> y) {
  detail::for_each(y, [&](double& e, index_t i, index_t j) { e += x(i, j); });
}

ZER0_INLINE void add_scaled(reference&, double factor, const_view<reference> x, view<reference> y) {
  detail::for_each(y, [&](double& e, index_t i, index_t j) { e += factor * x(i, j); });
}

ZER0_INLINE void scale(reference&, double factor, view<reference> y) {
  detail::for_each(y, [&](double& e, index_t, index_t) { e *= factor; });
}

ZER0_INLINE void gather_rows(reference&, const_view<reference> x, id_span rows, view<reference> y) {
  detail::for_each(
      y, [&](double& e, index_t i, index_t j) { e = x(rows[static_cast<std::size_t>(i)], j); });
}

ZER0_INLINE void scatter_rows(reference&, const_view<reference> x, id_span rows,
                              view<reference> y) {
  for (index_t i = 0; i < x.rows; ++i)
    for (index_t j = 0; j < x.cols; ++j) y(rows[static_cast<std::size_t>(i)], j) = x(i, j);
}

ZER0_INLINE void apply_dropout(reference&, double p, random_stream r, const_view<reference> x,
                               view<reference> y) {
  const std::uint32_t threshold = drop_below(p);
  detail::for_each(y, [&](double& e, index_t i, index_t j) {
    e = detail::random_word(r, i, j) >= threshold ? x(i, j) / (1 - p) : 0;
  });
}

ZER0_INLINE void add_dropout(reference&, double p, random_stream r, const_view<reference> x,
                             view<reference> y) {
  const std::uint32_t threshold = drop_below(p);
  detail::for_each(y, [&](double& e, index_t i, index_t j) {
    e = x(i, j) + (detail::random_word(r, i, j) >= threshold ? e / (1 - p) : 0);
  });
}

ZER0_INLINE void random_normal(reference&, random_stream r, double mean, double deviation,
                               view<reference> y) {
  detail::for_each(y, [&](double& e, index_t i, index_t j) {
    e = mean + deviation *
                   standard_normals(detail::random_block(r, i, j))[static_cast<std::size_t>(j % 4)];
  });
}

ZER0_INLINE void random_uniform(reference&, random_stream r, double low, double high,
                                view<reference> y) {
  detail::for_each(y, [&](double& e, index_t i, index_t j) {
    e = low + (high - low) * uniform01(detail::random_word(r, i, j));
  });
}

ZER0_INLINE void add_sum(reference&, std::span<const double> x, double* total) {
  for (const double e : x) *total += e;
}

ZER0_INLINE void add_squares(reference&, std::span<const double> x, double* total) {
  for (const double e : x) *total += e * e;
}

ZER0_INLINE void add_bias(reference&, std::span<const double> bias, view<reference> y) {
  detail::for_each(y,
                   [&](double& e, index_t, index_t j) { e += bias[static_cast<std::size_t>(j)]; });
}

ZER0_INLINE void add_column_sums(reference&, const_view<reference> x, std::span<double> sums) {
  for (index_t i = 0; i < x.rows; ++i)
    for (index_t j = 0; j < x.cols; ++j) sums[static_cast<std::size_t>(j)] += x(i, j);
}

ZER0_INLINE void embedding_forward(reference&, const_view<reference> table, id_span ids,
                                   view<reference> y) {
  for (index_t i = 0; i < y.rows; ++i)
    for (index_t j = 0; j < y.cols; ++j) y(i, j) = table(ids[static_cast<std::size_t>(i)], j);
}

ZER0_INLINE void embedding_backward(reference&, id_span ids, const_view<reference> dy,
                                    view<reference> dtable) {
  for (index_t i = 0; i < dy.rows; ++i)
    for (index_t j = 0; j < dy.cols; ++j) dtable(ids[static_cast<std::size_t>(i)], j) += dy(i, j);
}

ZER0_INLINE void matmul(reference&, matrix_of<reference> a, matrix_of<reference> b, double beta,
                        view<reference> c) {
  for (index_t i = 0; i < c.rows; ++i)
    for (index_t j = 0; j < c.cols; ++j) {
      double total = 0;
      for (index_t k = 0; k < a.cols(); ++k)
        total += (a.is_transposed ? a.view(k, i) : a.view(i, k)) *
                 (b.is_transposed ? b.view(j, k) : b.view(k, j));
      c(i, j) = total + (beta == 0 ? 0 : beta * c(i, j));
    }
}

ZER0_INLINE void rotate(reference&, const rotate_operands<reference>& of) {
  const index_t half = of.head_dim / 2;
  const bool neighbours = of.pairing == rope_pairing::interleaved;
  for (index_t i = 0; i < of.x.rows; ++i)
    for (index_t head = 0; head < of.x.cols; head += of.head_dim)
      for (index_t j = 0; j < half; ++j) {
        const double angle =
            of.positions[static_cast<std::size_t>(i)] * of.frequencies[static_cast<std::size_t>(j)];
        const double c = of.magnitude * std::cos(angle);
        const double s =
            of.magnitude *
            (of.direction == rope_direction::forward ? std::sin(angle) : -std::sin(angle));
        double& a = of.x(i, head + (neighbours ? 2 * j : j));
        double& b = of.x(i, head + (neighbours ? 2 * j + 1 : j + half));
        const double old_a = a;
        a = old_a * c - b * s;
        b = old_a * s + b * c;
      }
}

ZER0_INLINE void sum_sequences(reference&, id_span starts, const_wide_span<reference> x,
                               std::span<double> sums) {
  for (std::size_t s = 0; s + 1 < starts.size(); ++s) {
    sums[s] = 0;
    for (auto i = static_cast<std::size_t>(starts[s]); i < static_cast<std::size_t>(starts[s + 1]);
         ++i)
      sums[s] += x[i];
  }
}

ZER0_INLINE void scale_sequences(reference&, const scale_sequences_operands<reference>& of) {
  for (std::size_t s = 0; s + 1 < of.starts.size(); ++s)
    for (index_t i = of.starts[s]; i < of.starts[s + 1]; ++i)
      of.y[static_cast<std::size_t>(i)] = of.factors[s] * of.x[static_cast<std::size_t>(i)];
}

ZER0_INLINE void adamw_update(reference&, const adamw_sizes& s,
                              const adamw_operands<reference>& of) {
  const double correction1 = 1 - std::pow(s.beta1, s.step);
  const double correction2 = std::sqrt(1 - std::pow(s.beta2, s.step));
  for (std::size_t i = 0; i < of.weights.size(); ++i) {
    const double g = of.gradients[i] * s.gradient_factor;
    double& weight = of.weights[i];
    double& m = of.first[i];
    double& v = of.second[i];
    weight *= 1 - s.learning_rate * s.weight_decay;
    m = s.beta1 * m + (1 - s.beta1) * g;
    v = s.beta2 * v + (1 - s.beta2) * g * g;
    weight -= s.learning_rate / correction1 * m / (std::sqrt(v) / correction2 + s.eps);
  }
}

}  // namespace zer0

// Bodies of the reference device's operations that are a loop or two.
#pragma once

#include <zer0/core/philox.hpp>
#include <zer0/device/reference/adamw.hpp>
#include <zer0/device/reference/bias.hpp>
#include <zer0/device/reference/elements.hpp>
#include <zer0/device/reference/embedding.hpp>
#include <zer0/device/reference/matmul.hpp>
#include <zer0/device/reference/preference.hpp>
#include <zer0/device/reference/rope.hpp>

#include <array>
#include <cmath>
#include <cstdint>

namespace zer0 {
namespace detail {

ZER0_INLINE std::array<std::uint32_t, 4> random_block(random_stream r, index_t row, index_t col) {
  return philox4x32({static_cast<std::uint32_t>(col / 4), static_cast<std::uint32_t>(row), r.site, r.step},
                    philox_key_of(r.seed));
}

ZER0_INLINE std::uint32_t random_word(random_stream r, index_t row, index_t col) {
  return random_block(r, row, col)[static_cast<std::size_t>(col % 4)];
}

}  // namespace detail

ZER0_INLINE void fill(reference&, tensor_view<double> y, double value) {
  detail::for_each(y, [&](double& e, index_t, index_t) { e = value; });
}

ZER0_INLINE void copy(reference&, tensor_view<const double> x, tensor_view<double> y) {
  detail::for_each(y, [&](double& e, index_t i, index_t j) { e = x(i, j); });
}

ZER0_INLINE void add(reference&, tensor_view<const double> x, tensor_view<double> y) {
  detail::for_each(y, [&](double& e, index_t i, index_t j) { e += x(i, j); });
}

ZER0_INLINE void scale(reference&, double factor, tensor_view<double> y) {
  detail::for_each(y, [&](double& e, index_t, index_t) { e *= factor; });
}

ZER0_INLINE void gather_rows(reference&, tensor_view<const double> x, id_span rows, tensor_view<double> y) {
  detail::for_each(y, [&](double& e, index_t i, index_t j) { e = x(rows[static_cast<std::size_t>(i)], j); });
}

ZER0_INLINE void scatter_rows(reference&, tensor_view<const double> x, id_span rows, tensor_view<double> y) {
  for (index_t i = 0; i < x.rows; ++i)
    for (index_t j = 0; j < x.cols; ++j) y(rows[static_cast<std::size_t>(i)], j) = x(i, j);
}

ZER0_INLINE void apply_dropout(reference&, double p, random_stream r, tensor_view<const double> x,
                               tensor_view<double> y) {
  const std::uint32_t threshold = drop_below(p);
  detail::for_each(y, [&](double& e, index_t i, index_t j) {
    e = detail::random_word(r, i, j) >= threshold ? x(i, j) / (1 - p) : 0;
  });
}

ZER0_INLINE void add_dropout(reference&, double p, random_stream r, tensor_view<const double> x,
                             tensor_view<double> y) {
  const std::uint32_t threshold = drop_below(p);
  detail::for_each(y, [&](double& e, index_t i, index_t j) {
    e = x(i, j) + (detail::random_word(r, i, j) >= threshold ? e / (1 - p) : 0);
  });
}

ZER0_INLINE void random_normal(reference&, random_stream r, double mean, double deviation, tensor_view<double> y) {
  detail::for_each(y, [&](double& e, index_t i, index_t j) {
    e = mean + deviation * standard_normals(detail::random_block(r, i, j))[static_cast<std::size_t>(j % 4)];
  });
}

ZER0_INLINE void random_uniform(reference&, random_stream r, double low, double high, tensor_view<double> y) {
  detail::for_each(
      y, [&](double& e, index_t i, index_t j) { e = low + (high - low) * uniform01(detail::random_word(r, i, j)); });
}

ZER0_INLINE void add_sum(reference&, std::span<const double> x, double* total) {
  for (const double e : x) *total += e;
}

ZER0_INLINE void add_squares(reference&, std::span<const double> x, double* total) {
  for (const double e : x) *total += e * e;
}

ZER0_INLINE void add_bias(reference&, std::span<const double> bias, tensor_view<double> y) {
  detail::for_each(y, [&](double& e, index_t, index_t j) { e += bias[static_cast<std::size_t>(j)]; });
}

ZER0_INLINE void add_column_sums(reference&, tensor_view<const double> x, std::span<double> sums) {
  for (index_t i = 0; i < x.rows; ++i)
    for (index_t j = 0; j < x.cols; ++j) sums[static_cast<std::size_t>(j)] += x(i, j);
}

ZER0_INLINE void embedding_forward(reference&, tensor_view<const double> table, id_span ids, tensor_view<double> y) {
  for (index_t i = 0; i < y.rows; ++i)
    for (index_t j = 0; j < y.cols; ++j) y(i, j) = table(ids[static_cast<std::size_t>(i)], j);
}

ZER0_INLINE void embedding_backward(reference&, id_span ids, tensor_view<const double> dy, tensor_view<double> dtable) {
  for (index_t i = 0; i < dy.rows; ++i)
    for (index_t j = 0; j < dy.cols; ++j) dtable(ids[static_cast<std::size_t>(i)], j) += dy(i, j);
}

ZER0_INLINE void matmul(reference&, transpose ta, tensor_view<const double> a, transpose tb,
                        tensor_view<const double> b, double beta, tensor_view<double> c) {
  const index_t inner = ta == transpose::yes ? a.rows : a.cols;
  for (index_t i = 0; i < c.rows; ++i)
    for (index_t j = 0; j < c.cols; ++j) {
      double total = 0;
      for (index_t k = 0; k < inner; ++k)
        total += (ta == transpose::yes ? a(k, i) : a(i, k)) * (tb == transpose::yes ? b(j, k) : b(k, j));
      c(i, j) = total + (beta == 0 ? 0 : beta * c(i, j));
    }
}

ZER0_INLINE void rotate(reference&, rope_pairing pairing, rope_direction direction, index_t head_dim, id_span positions,
                        std::span<const double> frequencies, double magnitude, tensor_view<double> x) {
  const index_t half = head_dim / 2;
  for (index_t i = 0; i < x.rows; ++i)
    for (index_t head = 0; head < x.cols; head += head_dim)
      for (index_t j = 0; j < half; ++j) {
        const double angle = positions[static_cast<std::size_t>(i)] * frequencies[static_cast<std::size_t>(j)];
        const double c = magnitude * std::cos(angle);
        const double s = magnitude * (direction == rope_direction::forward ? std::sin(angle) : -std::sin(angle));
        double& a = x(i, head + (pairing == rope_pairing::interleaved ? 2 * j : j));
        double& b = x(i, head + (pairing == rope_pairing::interleaved ? 2 * j + 1 : j + half));
        const double old_a = a;
        a = old_a * c - b * s;
        b = old_a * s + b * c;
      }
}

ZER0_INLINE void adamw_update(reference&, const adamw_sizes& s, std::span<double> parameters,
                              std::span<const double> gradients, std::span<double> first, std::span<double> second) {
  const double correction1 = 1 - std::pow(s.beta1, s.step);
  const double correction2 = std::sqrt(1 - std::pow(s.beta2, s.step));
  const double scale = detail::gradient_factor(s.gradient);
  if (!std::isfinite(scale)) return;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const double g = gradients[i] * scale;
    parameters[i] *= 1 - s.learning_rate * s.weight_decay;
    first[i] = s.beta1 * first[i] + (1 - s.beta1) * g;
    second[i] = s.beta2 * second[i] + (1 - s.beta2) * g * g;
    parameters[i] -= s.learning_rate / correction1 * first[i] / (std::sqrt(second[i]) / correction2 + s.eps);
  }
}

ZER0_INLINE void sum_sequences(reference&, id_span starts, std::span<const double> x, std::span<double> sums) {
  for (std::size_t s = 0; s + 1 < starts.size(); ++s) {
    sums[s] = 0;
    for (auto i = static_cast<std::size_t>(starts[s]); i < static_cast<std::size_t>(starts[s + 1]); ++i)
      sums[s] += x[i];
  }
}

ZER0_INLINE void scale_sequences(reference&, id_span starts, std::span<const double> factors, std::span<const double> x,
                                 std::span<double> y) {
  for (std::size_t s = 0; s + 1 < starts.size(); ++s)
    for (auto i = static_cast<std::size_t>(starts[s]); i < static_cast<std::size_t>(starts[s + 1]); ++i)
      y[i] = factors[s] * x[i];
}

}  // namespace zer0

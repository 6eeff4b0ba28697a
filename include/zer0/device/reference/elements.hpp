// Element-wise operations of the reference device.
#pragma once

#include <zer0/core/philox.hpp>
#include <zer0/device/reference/device.hpp>

namespace zer0 {
namespace detail {

/// Calls f(y(i,j), i, j) for each element.
template <class F>
void for_each(tensor_view<double> y, F f) {
  for (index_t i = 0; i < y.rows; ++i)
    for (index_t j = 0; j < y.cols; ++j) f(y(i, j), i, j);
}

inline std::array<std::uint32_t, 4> random_block(random_stream r, index_t row, index_t col) {
  return philox4x32({static_cast<std::uint32_t>(col / 4), static_cast<std::uint32_t>(row), r.site, r.step},
                    philox_key_of(r.seed));
}
inline std::uint32_t random_word(random_stream r, index_t row, index_t col) {
  return random_block(r, row, col)[static_cast<std::size_t>(col % 4)];
}

}  // namespace detail

inline void fill(reference&, tensor_view<double> y, double value) {
  detail::for_each(y, [&](double& e, index_t, index_t) { e = value; });
}
inline void copy(reference&, tensor_view<const double> x, tensor_view<double> y) {
  detail::for_each(y, [&](double& e, index_t i, index_t j) { e = x(i, j); });
}
inline void add(reference&, tensor_view<const double> x, tensor_view<double> y) {
  detail::for_each(y, [&](double& e, index_t i, index_t j) { e += x(i, j); });
}
inline void scale(reference&, double factor, tensor_view<double> y) {
  detail::for_each(y, [&](double& e, index_t, index_t) { e *= factor; });
}
inline void gather_rows(reference&, tensor_view<const double> x, id_span rows, tensor_view<double> y) {
  detail::for_each(y, [&](double& e, index_t i, index_t j) { e = x(rows[static_cast<std::size_t>(i)], j); });
}
inline void scatter_rows(reference&, tensor_view<const double> x, id_span rows, tensor_view<double> y) {
  for (index_t i = 0; i < x.rows; ++i)
    for (index_t j = 0; j < x.cols; ++j) y(rows[static_cast<std::size_t>(i)], j) = x(i, j);
}
inline void apply_dropout(reference&, double p, random_stream r, tensor_view<const double> x, tensor_view<double> y) {
  const std::uint32_t threshold = drop_below(p);
  detail::for_each(y, [&](double& e, index_t i, index_t j) {
    e = detail::random_word(r, i, j) >= threshold ? x(i, j) / (1 - p) : 0;
  });
}
inline void add_dropout(reference&, double p, random_stream r, tensor_view<const double> x, tensor_view<double> y) {
  const std::uint32_t threshold = drop_below(p);
  detail::for_each(y, [&](double& e, index_t i, index_t j) {
    e = x(i, j) + (detail::random_word(r, i, j) >= threshold ? e / (1 - p) : 0);
  });
}
inline void random_normal(reference&, random_stream r, double mean, double deviation, tensor_view<double> y) {
  detail::for_each(y, [&](double& e, index_t i, index_t j) {
    e = mean + deviation * standard_normals(detail::random_block(r, i, j))[static_cast<std::size_t>(j % 4)];
  });
}
inline void random_uniform(reference&, random_stream r, double low, double high, tensor_view<double> y) {
  detail::for_each(
      y, [&](double& e, index_t i, index_t j) { e = low + (high - low) * uniform01(detail::random_word(r, i, j)); });
}
inline void add_sum(reference&, std::span<const double> x, double* total) {
  for (const double e : x) *total += e;
}
inline void add_squares(reference&, std::span<const double> x, double* total) {
  for (const double e : x) *total += e * e;
}

}  // namespace zer0

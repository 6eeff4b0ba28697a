// From tokens to experts and back, on devices that compute on the host.
#pragma once

#include <zer0/device/detail/host/rows.hpp>
#include <zer0/device/ops/routing.hpp>

#include <algorithm>
#include <concepts>

namespace zer0 {
namespace detail {

/// Calls f(place, its expert) for the places that have a token.
template <class F>
void for_each_place(id_span starts, F f) {
  for (std::size_t e = 0; e + 1 < starts.size(); ++e)
    for (index_t p = starts[e]; p < starts[e + 1]; ++p)
      f(static_cast<std::size_t>(p), static_cast<index_t>(e));
}

}  // namespace detail

/// While places are assigned, starts[e + 1] is the next free place of expert e; it ends as the end
/// of e.
template <std::derived_from<host_memory> D>
void list_chosen(D&, const list_chosen_operands<D>& of) {
  for (const auto& list : {of.starts, of.tokens, of.token_starts, of.places})
    std::fill(list.begin(), list.end(), 0);
  for (index_t i = 0; i < of.mask.rows; ++i)
    for (index_t e = 0; e + 1 < of.mask.cols; ++e)
      if (of.mask(i, e) != 0) ++of.starts[static_cast<std::size_t>(e) + 2];
  for (std::size_t e = 2; e < of.starts.size(); ++e) of.starts[e] += of.starts[e - 1];
  std::size_t listed = 0;
  for (index_t i = 0; i < of.mask.rows; ++i) {
    for (index_t e = 0; e < of.mask.cols; ++e) {
      if (of.mask(i, e) == 0) continue;
      const std::int32_t place = of.starts[static_cast<std::size_t>(e) + 1]++;
      of.tokens[static_cast<std::size_t>(place)] = static_cast<std::int32_t>(i);
      of.places[listed++] = place;
    }
    of.token_starts[static_cast<std::size_t>(i) + 1] = static_cast<std::int32_t>(listed);
  }
}

template <std::derived_from<host_memory> D>
void gather_gates(D&, const gather_gates_operands<D>& of) {
  std::fill(of.weights.begin(), of.weights.end(), 0);
  detail::for_each_place(
      of.starts, [&](std::size_t p, index_t e) { of.weights[p] = of.gates(of.tokens[p], e); });
}

template <std::derived_from<host_memory> D>
void scatter_gates(D& d, const scatter_gates_operands<D>& of) {
  fill(d, of.gates, 0);
  detail::for_each_place(
      of.starts, [&](std::size_t p, index_t e) { of.gates(of.tokens[p], e) = of.weights[p]; });
}

template <std::derived_from<host_memory> D>
void combine_rows(D& d, const combine_rows_operands<D>& of) {
  for_each_row(d, of.y.rows, 4 * of.y.cols, [&](index_t i) {
    auto* to = of.y.row(i);
    if (of.beta == 0) std::fill(to, to + of.y.cols, 0);
    const auto first = static_cast<std::size_t>(of.token_starts[static_cast<std::size_t>(i)]);
    const auto last = static_cast<std::size_t>(of.token_starts[static_cast<std::size_t>(i) + 1]);
    for (std::size_t k = first; k < last; ++k) {
      const index_t place = of.places[k];
      const auto* from = of.x.row(place);
      const auto weight = of.weights.empty() ? 1 : of.weights[static_cast<std::size_t>(place)];
#pragma omp simd
      for (index_t j = 0; j < of.y.cols; ++j) to[j] += weight * from[j];
    }
  });
}

template <std::derived_from<host_memory> D>
void combine_rows_backward(D& d, const combine_rows_backward_operands<D>& of) {
  const index_t width = of.dy.cols;
  for_each_row(d, of.starts.back(), 4 * width, [&](index_t i) {
    const auto p = static_cast<std::size_t>(i);
    const auto* up = of.dy.row(of.tokens[p]);
    const auto* from = of.x.row(i);
    auto* to = of.dx.row(i);
    const auto weight = of.weights.empty() ? 1 : of.weights[p];
    if (!of.dweights.empty()) {
      wide<typename D::real> dot = 0;
#pragma omp simd reduction(+ : dot)
      for (index_t j = 0; j < width; ++j) dot += up[j] * from[j];
      of.dweights[p] = dot;
    }
#pragma omp simd
    for (index_t j = 0; j < width; ++j) to[j] = weight * up[j];
  });
}

}  // namespace zer0

// From tokens to experts and back, on devices that compute on the host.
#pragma once

#include <zer0/device/device.hpp>
#include <zer0/device/host_memory.hpp>

#include <algorithm>
#include <concepts>

namespace zer0 {

/// While places are given away, starts[e + 1] is the next one of expert e; so it ends as the end of e.
template <std::derived_from<host_memory> D>
void list_chosen(D&, const_wide_view<D> mask, std::span<std::int32_t> starts, std::span<std::int32_t> tokens,
                 std::span<std::int32_t> token_starts, std::span<std::int32_t> places) {
  for (auto list : {starts, tokens, token_starts, places}) std::fill(list.begin(), list.end(), 0);
  for (index_t i = 0; i < mask.rows; ++i)
    for (index_t e = 0; e + 1 < mask.cols; ++e)
      if (mask(i, e) != 0) ++starts[static_cast<std::size_t>(e) + 2];
  for (std::size_t e = 2; e < starts.size(); ++e) starts[e] += starts[e - 1];
  std::size_t listed = 0;
  for (index_t i = 0; i < mask.rows; ++i) {
    for (index_t e = 0; e < mask.cols; ++e) {
      if (mask(i, e) == 0) continue;
      const std::int32_t place = starts[static_cast<std::size_t>(e) + 1]++;
      tokens[static_cast<std::size_t>(place)] = static_cast<std::int32_t>(i);
      places[listed++] = place;
    }
    token_starts[static_cast<std::size_t>(i) + 1] = static_cast<std::int32_t>(listed);
  }
}

template <std::derived_from<host_memory> D>
void gather_gates(D&, const_wide_view<D> gates, id_span starts, id_span tokens, wide_span<D> weights) {
  std::fill(weights.begin(), weights.end(), 0);
  for (std::size_t e = 0; e + 1 < starts.size(); ++e)
    for (auto p = static_cast<std::size_t>(starts[e]); p < static_cast<std::size_t>(starts[e + 1]); ++p)
      weights[p] = gates(tokens[p], static_cast<index_t>(e));
}

template <std::derived_from<host_memory> D>
void scatter_gates(D& d, const_wide_span<D> weights, id_span starts, id_span tokens, wide_view<D> gates) {
  fill(d, gates, 0);
  for (std::size_t e = 0; e + 1 < starts.size(); ++e)
    for (auto p = static_cast<std::size_t>(starts[e]); p < static_cast<std::size_t>(starts[e + 1]); ++p)
      gates(tokens[p], static_cast<index_t>(e)) = weights[p];
}

template <std::derived_from<host_memory> D>
void combine_rows(D& d, id_span token_starts, id_span places, const_wide_span<D> weights, const_view<D> x, double beta,
                  view<D> y) {
  for_each_row(d, y.rows, 4 * y.cols, [&](index_t i) {
    auto* to = y.row(i);
    if (beta == 0) std::fill(to, to + y.cols, 0);
    const auto first = static_cast<std::size_t>(token_starts[static_cast<std::size_t>(i)]);
    const auto last = static_cast<std::size_t>(token_starts[static_cast<std::size_t>(i) + 1]);
    for (std::size_t k = first; k < last; ++k) {
      const auto* from = x.row(places[k]);
      const auto weight = weights.empty() ? 1 : weights[static_cast<std::size_t>(places[k])];
#pragma omp simd
      for (index_t j = 0; j < y.cols; ++j) to[j] += weight * from[j];
    }
  });
}

template <std::derived_from<host_memory> D>
void combine_rows_backward(D& d, id_span starts, id_span tokens, const_wide_span<D> weights, const_view<D> dy,
                           const_view<D> x, view<D> dx, wide_span<D> dweights) {
  for_each_row(d, starts.back(), 4 * dy.cols, [&](index_t i) {
    const auto p = static_cast<std::size_t>(i);
    const auto* up = dy.row(tokens[p]);
    const auto* from = x.row(i);
    auto* to = dx.row(i);
    const auto weight = weights.empty() ? 1 : weights[p];
    if (!dweights.empty()) {
      wide<typename D::real> dot = 0;
#pragma omp simd reduction(+ : dot)
      for (index_t j = 0; j < dy.cols; ++j) dot += up[j] * from[j];
      dweights[p] = dot;
    }
#pragma omp simd
    for (index_t j = 0; j < dy.cols; ++j) to[j] = weight * up[j];
  });
}

}  // namespace zer0

// Choosing experts on devices that compute on the host: softmax, choices, gates.
#pragma once

#include <zer0/device/detail/host/rows.hpp>
#include <zer0/device/ops/routing.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <concepts>

namespace zer0 {
namespace detail {

template <class T>
bool is_live(std::span<const T> live, index_t row) {
  return live.empty() || live[static_cast<std::size_t>(row)] != 0;
}

template <class T>
index_t live_rows(std::span<const T> live, index_t first, index_t last) {
  if (live.empty()) return last - first;
  return std::count_if(live.begin() + first, live.begin() + last, [](T x) { return x != 0; });
}

/// An integer that grows with x; it is the same for -0 and 0. NaN has one too, so any numbers have
/// an order.
template <class T>
auto order_key(T x) {
  using key = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
  constexpr key top = key{1} << (8 * sizeof(T) - 1);
  const key bits = std::bit_cast<key>(x + T{0});
  return static_cast<key>((bits & top) != 0 ? ~bits : bits | top);
}

}  // namespace detail

template <std::derived_from<host_memory> D>
void softmax_rows(D& d, const_wide_view<D> x, wide_view<D> y) {
  for_each_row(d, x.rows, 16 * x.cols, [&](index_t i) {
    const auto* from = x.row(i);
    auto* to = y.row(i);
    const auto largest = *std::max_element(from, from + x.cols);
    wide<typename D::real> sum = 0;
    for (index_t e = 0; e < x.cols; ++e) sum += to[e] = std::exp(from[e] - largest);
    for (index_t e = 0; e < x.cols; ++e) to[e] /= sum;
  });
}

template <std::derived_from<host_memory> D>
void softmax_rows_backward(D& d, const softmax_rows_backward_operands<D>& of) {
  const index_t n = of.y.cols;
  for_each_row(d, of.y.rows, 4 * n, [&](index_t i) {
    wide<typename D::real> dot = 0;
    for (index_t e = 0; e < n; ++e) dot += of.y(i, e) * of.dy(i, e);
    for (index_t e = 0; e < n; ++e) of.dx(i, e) = of.y(i, e) * (of.dy(i, e) - dot);
  });
}

template <std::derived_from<host_memory> D>
void choose_in_rows(D& d, const_wide_view<D> scores, const_wide_span<D> live, index_t k,
                    wide_view<D> mask) {
  const index_t experts = scores.cols;
  for_each_row(d, scores.rows, k * experts, [&](index_t i) {
    std::fill(mask.row(i), mask.row(i) + experts, 0);
    if (!detail::is_live(live, i)) return;
    for (index_t n = 0; n < std::min(k, experts); ++n) {
      index_t best = -1;
      for (index_t e = 0; e < experts; ++e)
        if (mask(i, e) == 0 &&
            (best < 0 || detail::order_key(scores(i, e)) > detail::order_key(scores(i, best))))
          best = e;
      mask(i, best) = 1;
    }
  });
}

/// The least score that is chosen is found digit by digit of its order key, by counting each digit:
/// nothing is sorted and no memory is allocated.
template <std::derived_from<host_memory> D>
void choose_in_columns(D& d, const_wide_view<D> scores, const_wide_span<D> live, double share,
                       wide_view<D> mask) {
  using key = decltype(detail::order_key(wide<typename D::real>{}));
  constexpr int digit = 8, last_digit = 8 * sizeof(key) - digit;
  const index_t chosen = detail::rows_of_share(share, detail::live_rows(live, 0, scores.rows));
  for_each_row(d, scores.cols, 8 * scores.rows, [&](index_t e) {
    key least = 0;
    index_t wanted = chosen;  // to choose among the rows whose higher digits are those of `least`
    for (int shift = last_digit; chosen > 0 && shift >= 0; shift -= digit) {
      std::array<index_t, 1 << digit> counts{};
      for (index_t i = 0; i < scores.rows; ++i) {
        const key k = detail::order_key(scores(i, e));
        if (detail::is_live(live, i) &&
            (shift == last_digit || ((k ^ least) >> shift >> digit) == 0))
          ++counts[static_cast<std::size_t>(k >> shift & (counts.size() - 1))];
      }
      std::size_t here = counts.size() - 1;
      for (; counts[here] < wanted; --here) wanted -= counts[here];
      least |= static_cast<key>(here) << shift;
    }
    for (index_t i = 0; i < scores.rows; ++i) {
      const key k = detail::order_key(scores(i, e));
      const bool one =
          chosen > 0 && detail::is_live(live, i) && (k > least || (k == least && wanted-- > 0));
      mask(i, e) = one ? 1 : 0;
    }
  });
}

template <std::derived_from<host_memory> D>
void limit_columns(D& d, const_wide_view<D> mask, const_wide_span<D> live, double share,
                   wide_view<D> limited) {
  const index_t most = detail::rows_of_share(share, detail::live_rows(live, 0, mask.rows));
  for_each_row(d, mask.cols, 2 * mask.rows, [&](index_t e) {
    index_t room = most;
    for (index_t i = 0; i < mask.rows; ++i) limited(i, e) = mask(i, e) != 0 && room-- > 0 ? 1 : 0;
  });
}

template <std::derived_from<host_memory> D>
void gate_chosen(D& d, const gate_chosen_operands<D>& of) {
  using number = wide<typename D::real>;
  const const_wide_view<D> scores = of.scores, mask = of.mask;
  const wide_view<D> gates = of.gates;
  const index_t experts = scores.cols;
  for_each_row(d, scores.rows, 4 * experts, [&](index_t i) {
    number sum = static_cast<number>(1e-20);
    for (index_t e = 0; e < experts; ++e) sum += mask(i, e) * scores(i, e);
    const number by = static_cast<number>(of.factor) / (of.normalize ? sum : 1);
    for (index_t e = 0; e < experts; ++e) gates(i, e) = mask(i, e) * scores(i, e) * by;
  });
}

template <std::derived_from<host_memory> D>
void gate_chosen_backward(D& d, const gate_chosen_backward_operands<D>& of) {
  using number = wide<typename D::real>;
  const const_wide_view<D> scores = of.scores, mask = of.mask, dgates = of.dgates;
  const wide_view<D> dscores = of.dscores;
  const index_t experts = scores.cols;
  for_each_row(d, scores.rows, 6 * experts, [&](index_t i) {
    number sum = static_cast<number>(1e-20), dot = 0;
    for (index_t e = 0; of.normalize && e < experts; ++e)
      if (mask(i, e) != 0) {
        sum += scores(i, e);
        dot += scores(i, e) * dgates(i, e);
      }
    const number by = static_cast<number>(of.factor) / (of.normalize ? sum : 1),
                 mean = of.normalize ? dot / sum : 0;
    for (index_t e = 0; e < experts; ++e)
      dscores(i, e) = mask(i, e) != 0 ? by * (dgates(i, e) - mean) : 0;
  });
}

}  // namespace zer0

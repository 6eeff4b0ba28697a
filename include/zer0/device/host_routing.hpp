// Choosing experts on devices that compute on the host: softmax, choices, gates, and the losses of routers.
#pragma once

#include <zer0/device/device.hpp>
#include <zer0/device/host_memory.hpp>
#include <zer0/device/routing.hpp>

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

/// An integer that grows with x; -0 is 0, and NaN has a place too, so that any numbers have an order.
template <class T>
auto order_key(T x) {
  using key = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
  constexpr key top = key{1} << (8 * sizeof(T) - 1);
  const key bits = std::bit_cast<key>(x + T{0});
  return static_cast<key>((bits & top) != 0 ? ~bits : bits | top);
}

/// Calls f(row, number of the segment) for each live row; `whole`: there is but one segment.
template <class T, class F>
void for_live_rows(id_span starts, bool whole, std::span<const T> live, F f) {
  for (std::size_t s = 0; s + 1 < starts.size(); ++s)
    for (index_t i = starts[s]; i < starts[s + 1]; ++i)
      if (is_live(live, i)) f(i, whole ? 0 : static_cast<index_t>(s));
}

/// Live rows of the segment that begins at starts[s].
template <class T>
index_t live_of_segment(id_span starts, bool whole, std::span<const T> live, index_t s) {
  if (whole) return live_rows(live, starts.front(), starts.back());
  return live_rows(live, starts[static_cast<std::size_t>(s)], starts[static_cast<std::size_t>(s + 1)]);
}

template <class T>
double log_sum_exp_of(const T* row, index_t n) {
  const double largest = static_cast<double>(*std::max_element(row, row + n));
  double sum = 0;
  for (index_t e = 0; e < n; ++e) sum += std::exp(static_cast<double>(row[e]) - largest);
  return largest + std::log(sum);
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
void softmax_rows_backward(D& d, const_wide_view<D> y, const_wide_view<D> dy, wide_view<D> dx) {
  for_each_row(d, y.rows, 4 * y.cols, [&](index_t i) {
    wide<typename D::real> dot = 0;
    for (index_t e = 0; e < y.cols; ++e) dot += y(i, e) * dy(i, e);
    for (index_t e = 0; e < y.cols; ++e) dx(i, e) = y(i, e) * (dy(i, e) - dot);
  });
}

template <std::derived_from<host_memory> D>
void choose_in_rows(D& d, const_wide_view<D> scores, const_wide_span<D> live, index_t k, wide_view<D> mask) {
  const index_t experts = scores.cols;
  for_each_row(d, scores.rows, k * experts, [&](index_t i) {
    std::fill(mask.row(i), mask.row(i) + experts, 0);
    if (!detail::is_live(live, i)) return;
    for (index_t n = 0; n < std::min(k, experts); ++n) {
      index_t best = -1;
      for (index_t e = 0; e < experts; ++e)
        if (mask(i, e) == 0 && (best < 0 || detail::order_key(scores(i, e)) > detail::order_key(scores(i, best))))
          best = e;
      mask(i, best) = 1;
    }
  });
}

/// The least score that is chosen is found digit by digit of its order key, from counts of each digit: nothing is
/// sorted and no memory is needed.
template <std::derived_from<host_memory> D>
void choose_in_columns(D& d, const_wide_view<D> scores, const_wide_span<D> live, double share, wide_view<D> mask) {
  using key = decltype(detail::order_key(wide<typename D::real>{}));
  constexpr int digit = 8, last_digit = 8 * sizeof(key) - digit;
  const index_t chosen = detail::rows_of_share(share, detail::live_rows(live, 0, scores.rows));
  for_each_row(d, scores.cols, 8 * scores.rows, [&](index_t e) {
    key least = 0;
    index_t wanted = chosen;  // of the rows whose higher digits are those of `least`
    for (int shift = last_digit; chosen > 0 && shift >= 0; shift -= digit) {
      std::array<index_t, 1 << digit> counts{};
      for (index_t i = 0; i < scores.rows; ++i) {
        const key k = detail::order_key(scores(i, e));
        if (detail::is_live(live, i) && (shift == last_digit || ((k ^ least) >> shift >> digit) == 0))
          ++counts[static_cast<std::size_t>(k >> shift & (counts.size() - 1))];
      }
      std::size_t here = counts.size() - 1;
      for (; counts[here] < wanted; --here) wanted -= counts[here];
      least |= static_cast<key>(here) << shift;
    }
    for (index_t i = 0; i < scores.rows; ++i) {
      const key k = detail::order_key(scores(i, e));
      const bool one = chosen > 0 && detail::is_live(live, i) && (k > least || (k == least && wanted-- > 0));
      mask(i, e) = one ? 1 : 0;
    }
  });
}

template <std::derived_from<host_memory> D>
void limit_columns(D& d, const_wide_view<D> mask, const_wide_span<D> live, double share, wide_view<D> limited) {
  const index_t most = detail::rows_of_share(share, detail::live_rows(live, 0, mask.rows));
  for_each_row(d, mask.cols, 2 * mask.rows, [&](index_t e) {
    index_t room = most;
    for (index_t i = 0; i < mask.rows; ++i) limited(i, e) = mask(i, e) != 0 && room-- > 0 ? 1 : 0;
  });
}

template <std::derived_from<host_memory> D>
void gate_chosen(D& d, const_wide_view<D> scores, const_wide_view<D> mask, bool normalize, double factor,
                 wide_view<D> gates) {
  using number = wide<typename D::real>;
  for_each_row(d, scores.rows, 4 * scores.cols, [&](index_t i) {
    number sum = static_cast<number>(1e-20);
    for (index_t e = 0; e < scores.cols; ++e) sum += mask(i, e) * scores(i, e);
    const number by = static_cast<number>(factor) / (normalize ? sum : 1);
    for (index_t e = 0; e < scores.cols; ++e) gates(i, e) = mask(i, e) * scores(i, e) * by;
  });
}

template <std::derived_from<host_memory> D>
void gate_chosen_backward(D& d, const_wide_view<D> scores, const_wide_view<D> mask, bool normalize, double factor,
                          const_wide_view<D> dgates, wide_view<D> dscores) {
  using number = wide<typename D::real>;
  for_each_row(d, scores.rows, 6 * scores.cols, [&](index_t i) {
    number sum = static_cast<number>(1e-20), dot = 0;
    for (index_t e = 0; normalize && e < scores.cols; ++e)
      if (mask(i, e) != 0) {
        sum += scores(i, e);
        dot += scores(i, e) * dgates(i, e);
      }
    const number by = static_cast<number>(factor) / (normalize ? sum : 1), mean = normalize ? dot / sum : 0;
    for (index_t e = 0; e < scores.cols; ++e) dscores(i, e) = mask(i, e) != 0 ? by * (dgates(i, e) - mean) : 0;
  });
}

template <std::derived_from<host_memory> D>
void balance_loss(D&, const balance_rule& rule, id_span starts, const_wide_span<D> live, const_wide_view<D> mask,
                  const_wide_view<D> scores, wide_view<D> counts, wide_span<D> total) {
  for (index_t s = 0; s < counts.rows; ++s) std::fill(counts.row(s), counts.row(s) + counts.cols, 0);
  detail::for_live_rows(starts, rule.whole_batch, live, [&](index_t i, index_t s) {
    for (index_t e = 0; e < mask.cols; ++e) counts(s, e) += mask(i, e);
  });
  const auto all = static_cast<double>(detail::live_rows(live, 0, mask.rows));
  double loss = 0, factor = 0;
  index_t segment = -1;
  detail::for_live_rows(starts, rule.whole_batch, live, [&](index_t i, index_t s) {
    if (s != segment)
      factor =
          detail::balance_factor(rule, mask.cols, counts.rows,
                                 static_cast<double>(detail::live_of_segment(starts, rule.whole_batch, live, s)), all);
    segment = s;
    double dot = 0;
    for (index_t e = 0; e < mask.cols; ++e)
      dot += static_cast<double>(counts(s, e)) * static_cast<double>(scores(i, e));
    loss += factor * dot;
  });
  total[0] += static_cast<wide<typename D::real>>(loss);
}

template <std::derived_from<host_memory> D>
void balance_loss_gradient(D&, const balance_rule& rule, id_span starts, const_wide_span<D> live,
                           const_wide_view<D> counts, wide_view<D> dscores) {
  const auto all = static_cast<double>(detail::live_rows(live, 0, dscores.rows));
  double factor = 0;
  index_t segment = -1;
  detail::for_live_rows(starts, rule.whole_batch, live, [&](index_t i, index_t s) {
    if (s != segment)
      factor =
          detail::balance_factor(rule, dscores.cols, counts.rows,
                                 static_cast<double>(detail::live_of_segment(starts, rule.whole_batch, live, s)), all);
    segment = s;
    for (index_t e = 0; e < dscores.cols; ++e)
      dscores(i, e) += static_cast<wide<typename D::real>>(factor * static_cast<double>(counts(s, e)));
  });
}

template <std::derived_from<host_memory> D>
void z_loss(D&, const_wide_view<D> logits, const_wide_span<D> live, double weight, wide_span<D> total) {
  double squares = 0;
  for (index_t i = 0; i < logits.rows; ++i) {
    if (!detail::is_live(live, i)) continue;
    const double lse = detail::log_sum_exp_of(logits.row(i), logits.cols);
    squares += lse * lse;
  }
  const index_t rows = detail::live_rows(live, 0, logits.rows);
  if (rows > 0) total[0] += static_cast<wide<typename D::real>>(weight * squares / static_cast<double>(rows));
}

template <std::derived_from<host_memory> D>
void z_loss_gradient(D& d, const_wide_view<D> logits, const_wide_span<D> live, double weight, wide_view<D> dlogits) {
  const double each = weight * 2 / static_cast<double>(detail::live_rows(live, 0, logits.rows));
  for_each_row(d, logits.rows, 32 * logits.cols, [&](index_t i) {
    if (!detail::is_live(live, i)) return;
    const double lse = detail::log_sum_exp_of(logits.row(i), logits.cols);
    for (index_t e = 0; e < logits.cols; ++e)
      dlogits(i, e) +=
          static_cast<wide<typename D::real>>(each * lse * std::exp(static_cast<double>(logits(i, e)) - lse));
  });
}

template <std::derived_from<host_memory> D>
void lean_to_mean(D&, const_wide_span<D> loads, double rate, wide_span<D> bias) {
  double sum = 0;
  for (const auto load : loads) sum += static_cast<double>(load);
  const double mean = sum / static_cast<double>(loads.size());
  for (std::size_t e = 0; e < loads.size(); ++e) {
    const auto load = static_cast<double>(loads[e]);
    bias[e] += static_cast<wide<typename D::real>>(load < mean ? rate : load > mean ? -rate : 0);
  }
}

}  // namespace zer0

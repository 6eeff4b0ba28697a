// Losses on devices that compute on the host: those of routers, and of pairs of answers.
#pragma once

#include <zer0/device/detail/host/routing.hpp>
#include <zer0/device/detail/host/rows.hpp>
#include <zer0/device/ops/preferences.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <span>

namespace zer0 {
namespace detail {

/// Calls f(row, number of its segment) for each live row; `whole`: all rows are one segment.
template <class T, class F>
void for_live_rows(id_span starts, bool whole, std::span<const T> live, F f) {
  for (std::size_t s = 0; s + 1 < starts.size(); ++s)
    for (index_t i = starts[s]; i < starts[s + 1]; ++i)
      if (is_live(live, i)) f(i, whole ? 0 : static_cast<index_t>(s));
}

/// The number of live rows in segment s.
template <class T>
index_t live_of_segment(id_span starts, bool whole, std::span<const T> live, index_t s) {
  if (whole) return live_rows(live, starts.front(), starts.back());
  return live_rows(live, starts[static_cast<std::size_t>(s)],
                   starts[static_cast<std::size_t>(s + 1)]);
}

/// Calls f(row, number of its segment, factor) for each live row of `tokens` rows. The factor is
/// that of a count times a score of the row in the loss.
template <class T, class F>
void for_balanced_rows(const balance_rule& rule, id_span starts, std::span<const T> live,
                       index_t tokens, index_t experts, index_t segments, F f) {
  const auto all = static_cast<double>(live_rows(live, 0, tokens));
  double factor = 0;
  index_t segment = -1;
  for_live_rows(starts, rule.whole_batch, live, [&](index_t i, index_t s) {
    if (s != segment)
      factor = balance_factor(
          rule, experts, segments,
          static_cast<double>(live_of_segment(starts, rule.whole_batch, live, s)), all);
    segment = s;
    f(i, s, factor);
  });
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
void balance_loss(D&, const balance_rule& rule, const balance_loss_operands<D>& of) {
  const wide_view<D> counts = of.counts;
  const index_t experts = of.mask.cols;
  for (index_t s = 0; s < counts.rows; ++s)
    std::fill(counts.row(s), counts.row(s) + counts.cols, 0);
  detail::for_live_rows(of.starts, rule.whole_batch, of.live, [&](index_t i, index_t s) {
    for (index_t e = 0; e < experts; ++e) counts(s, e) += of.mask(i, e);
  });
  double loss = 0;
  const auto add = [&](index_t i, index_t s, double factor) {
    double dot = 0;
    for (index_t e = 0; e < experts; ++e)
      dot += static_cast<double>(counts(s, e)) * static_cast<double>(of.scores(i, e));
    loss += factor * dot;
  };
  detail::for_balanced_rows(rule, of.starts, of.live, of.mask.rows, experts, counts.rows, add);
  of.total[0] += static_cast<wide<typename D::real>>(loss);
}

template <std::derived_from<host_memory> D>
void balance_loss_gradient(D&, const balance_rule& rule,
                           const balance_loss_gradient_operands<D>& of) {
  const wide_view<D> dscores = of.dscores;
  const index_t experts = dscores.cols;
  const auto add = [&](index_t i, index_t s, double factor) {
    for (index_t e = 0; e < experts; ++e)
      dscores(i, e) +=
          static_cast<wide<typename D::real>>(factor * static_cast<double>(of.counts(s, e)));
  };
  detail::for_balanced_rows(rule, of.starts, of.live, dscores.rows, experts, of.counts.rows, add);
}

template <std::derived_from<host_memory> D>
void z_loss(D&, const_wide_view<D> logits, const_wide_span<D> live, double weight,
            wide_span<D> total) {
  double squares = 0;
  for (index_t i = 0; i < logits.rows; ++i) {
    if (!detail::is_live(live, i)) continue;
    const double lse = detail::log_sum_exp_of(logits.row(i), logits.cols);
    squares += lse * lse;
  }
  const index_t rows = detail::live_rows(live, 0, logits.rows);
  if (rows > 0)
    total[0] += static_cast<wide<typename D::real>>(weight * squares / static_cast<double>(rows));
}

template <std::derived_from<host_memory> D>
void z_loss_gradient(D& d, const_wide_view<D> logits, const_wide_span<D> live, double weight,
                     wide_view<D> dlogits) {
  const double each = weight * 2 / static_cast<double>(detail::live_rows(live, 0, logits.rows));
  for_each_row(d, logits.rows, 32 * logits.cols, [&](index_t i) {
    if (!detail::is_live(live, i)) return;
    const double lse = detail::log_sum_exp_of(logits.row(i), logits.cols);
    for (index_t e = 0; e < logits.cols; ++e)
      dlogits(i, e) += static_cast<wide<typename D::real>>(
          each * lse * std::exp(static_cast<double>(logits(i, e)) - lse));
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

template <std::derived_from<host_memory> D, preference_policy Policy>
void judge_pairs(D&, const Policy& policy, const pair_sums& of, double* totals,
                 std::span<double> slopes) {
  double sums[preference_totals] = {};
  for (index_t i = 0; i < of.pairs(); ++i) detail::judge_pair(policy, of, i, slopes.data(), sums);
  for (int k = 0; k < preference_totals; ++k) totals[k] += sums[k];
}

}  // namespace zer0

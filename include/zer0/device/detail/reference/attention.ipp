// Bodies of the reference device's attention and cross-entropy.
#pragma once

#include <zer0/device/detail/reference/elements.ipp>
#include <zer0/device/reference.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace zer0 {
namespace detail {

/// log(sum(exp(row)))
ZER0_INLINE double log_sum_exp(const_view<reference> x, index_t row) {
  const double largest = *std::max_element(x.row(row), x.row(row) + x.cols);
  double total = 0;
  for (index_t j = 0; j < x.cols; ++j) total += std::exp(x(row, j) - largest);
  return largest + std::log(total);
}

ZER0_INLINE double dot(const double* a, const double* b, index_t n) {
  double total = 0;
  for (index_t i = 0; i < n; ++i) total += a[i] * b[i];
  return total;
}

/// Factor of the probability of key j for the query in row token*H + head: 0 if dropped, else
/// 1/(1-p).
ZER0_INLINE double attention_dropout(const attention_sizes& a, index_t row, index_t j) {
  if (a.dropout == 0) return 1;
  return random_word(a.stream, row, j) >= drop_below(a.dropout) ? 1 / (1 - a.dropout) : 0;
}

/// Calls f(token, head, kv_head, first token of its sequence, number of keys it sees).
template <class F>
void for_each_query(const attention_sizes& a, id_span starts, F f) {
  for (std::size_t s = 0; s + 1 < starts.size(); ++s)
    for (index_t token = starts[s]; token < starts[s + 1]; ++token)
      for (index_t head = 0; head < a.heads; ++head)
        f(token, head, head / (a.heads / a.kv_heads), index_t{starts[s]}, token - starts[s] + 1);
}

/// The score of one query and one key.
ZER0_INLINE double attention_score(const attention_sizes& a, const double* q, const double* k) {
  const double s = a.scale * dot(q, k, a.head_dim);
  return a.soft_cap > 0 ? a.soft_cap * std::tanh(s / a.soft_cap) : s;
}

/// The derivative of attention_score with respect to scale * q k^T.
ZER0_INLINE double score_slope(const attention_sizes& a, const double* q, const double* k) {
  if (a.soft_cap == 0) return 1;
  const double t = std::tanh(a.scale * dot(q, k, a.head_dim) / a.soft_cap);
  return 1 - t * t;
}

/// Scores of one query against the `keys` keys from row `first` on; minus infinity before the
/// query's window.
ZER0_INLINE std::vector<double> scores(const attention_sizes& a, const double* q,
                                       const_view<reference> k, index_t first, index_t keys,
                                       index_t kv_head) {
  std::vector<double> out(static_cast<std::size_t>(keys));
  for (index_t j = 0; j < keys; ++j)
    out[static_cast<std::size_t>(j)] =
        j < a.hidden(keys) ? -std::numeric_limits<double>::infinity()
                           : attention_score(a, q, k.row(first + j) + kv_head * a.head_dim);
  return out;
}

/// The gradients of one query row, given its probabilities before dropout.
ZER0_INLINE void attention_row_backward(const attention_sizes& a, index_t token, index_t head,
                                        index_t kv, index_t first, index_t keys,
                                        const double* probabilities, const_view<reference> q,
                                        const_view<reference> k, const_view<reference> v,
                                        const_view<reference> dout, view<reference> dq,
                                        view<reference> dk, view<reference> dv) {
  const index_t c = a.head_dim;
  const index_t cv = a.value_width();
  const double* qrow = q.row(token) + head * c;
  const double* dorow = dout.row(token) + head * cv;
  std::vector<double> dp(static_cast<std::size_t>(keys));
  double weighted = 0;
  for (index_t j = 0; j < keys; ++j) {
    const double keep = attention_dropout(a, token * a.heads + head, j);
    dp[static_cast<std::size_t>(j)] = keep * dot(dorow, v.row(first + j) + kv * cv, cv);
    weighted += probabilities[j] * dp[static_cast<std::size_t>(j)];
    for (index_t e = 0; e < cv; ++e)
      dv(first + j, kv * cv + e) += keep * probabilities[j] * dorow[e];
  }
  for (index_t j = 0; j < keys; ++j) {
    const double ds = a.scale * score_slope(a, qrow, k.row(first + j) + kv * c) * probabilities[j] *
                      (dp[static_cast<std::size_t>(j)] - weighted);
    for (index_t e = 0; e < c; ++e) {
      dq(token, head * c + e) += ds * k(first + j, kv * c + e);
      dk(first + j, kv * c + e) += ds * qrow[e];
    }
  }
}

ZER0_INLINE void attend(const attention_sizes& a, index_t row, const std::vector<double>& s,
                        double lse, const_view<reference> v, index_t first, index_t kv, double* o) {
  for (index_t e = 0; e < a.value_width(); ++e) {
    o[e] = 0;
    for (std::size_t j = 0; j < s.size(); ++j)
      o[e] += attention_dropout(a, row, static_cast<index_t>(j)) * std::exp(s[j] - lse) *
              v(first + static_cast<index_t>(j), kv * a.value_width() + e);
  }
}

ZER0_INLINE double log_sum_exp(const std::vector<double>& s) {
  return log_sum_exp(const_view<reference>(s.data(), 1, static_cast<index_t>(s.size())), 0);
}

}  // namespace detail

ZER0_INLINE void cross_entropy_loss(reference&, const cross_entropy_loss_operands<reference>& of) {
  for (index_t i = 0; i < of.logits.rows; ++i) {
    const auto at = static_cast<std::size_t>(i);
    const double weight = of.weights[at];
    of.loss[at] = weight == 0
                      ? 0
                      : weight * (detail::log_sum_exp(of.logits, i) - of.logits(i, of.targets[at]));
  }
}

ZER0_INLINE void cross_entropy_gradient(reference& d,
                                        const cross_entropy_gradient_operands<reference>& of) {
  cross_entropy_loss(
      d, {.logits = of.logits, .targets = of.targets, .weights = of.weights, .loss = of.loss});
  const view<reference> logits = of.logits;
  for (index_t i = 0; i < logits.rows; ++i) {
    const double weight = of.weights[static_cast<std::size_t>(i)];
    const double log_sum = detail::log_sum_exp(logits, i);
    for (index_t j = 0; j < logits.cols; ++j)
      logits(i, j) = weight == 0 ? 0 : weight * std::exp(logits(i, j) - log_sum);
    if (weight != 0) logits(i, of.targets[static_cast<std::size_t>(i)]) -= weight;
  }
}

ZER0_INLINE void standard_attention_forward(
    reference& d, const attention_sizes& a,
    const standard_attention_forward_operands<reference>& of) {
  fill(d, of.probabilities, 0);
  detail::for_each_query(
      a, of.starts, [&](index_t token, index_t head, index_t kv, index_t first, index_t keys) {
        const auto s =
            detail::scores(a, of.q.row(token) + head * a.head_dim, of.k, first, keys, kv);
        const double lse = detail::log_sum_exp(s);
        for (index_t j = 0; j < keys; ++j)
          of.probabilities(token * a.heads + head, j) =
              std::exp(s[static_cast<std::size_t>(j)] - lse);
        detail::attend(a, token * a.heads + head, s, lse, of.v, first, kv,
                       of.o.row(token) + head * a.value_width());
      });
}

ZER0_INLINE void standard_attention_backward(
    reference& d, const attention_sizes& a,
    const standard_attention_backward_operands<reference>& of) {
  for (const auto& gradient : {of.dq, of.dk, of.dv}) fill(d, gradient, 0);
  detail::for_each_query(
      a, of.starts, [&](index_t token, index_t head, index_t kv, index_t first, index_t keys) {
        detail::attention_row_backward(a, token, head, kv, first, keys,
                                       of.probabilities.row(token * a.heads + head), of.q, of.k,
                                       of.v, of.dout, of.dq, of.dk, of.dv);
      });
}

ZER0_INLINE void flash_attention_forward(reference&, const attention_sizes& a,
                                         const flash_attention_forward_operands<reference>& of) {
  detail::for_each_query(
      a, of.starts, [&](index_t token, index_t head, index_t kv, index_t first, index_t keys) {
        const auto s =
            detail::scores(a, of.q.row(token) + head * a.head_dim, of.k, first, keys, kv);
        const index_t row = token * a.heads + head;
        const double lse = detail::log_sum_exp(s);
        of.lse[static_cast<std::size_t>(row)] = lse;
        detail::attend(a, row, s, lse, of.v, first, kv, of.o.row(token) + head * a.value_width());
      });
}

ZER0_INLINE void flash_attention_backward(reference& d, const attention_sizes& a,
                                          const flash_attention_backward_operands<reference>& of) {
  for (const auto& gradient : {of.dq, of.dk, of.dv}) fill(d, gradient, 0);
  detail::for_each_query(
      a, of.starts, [&](index_t token, index_t head, index_t kv, index_t first, index_t keys) {
        auto p = detail::scores(a, of.q.row(token) + head * a.head_dim, of.k, first, keys, kv);
        for (double& e : p)
          e = std::exp(e - of.lse[static_cast<std::size_t>(token * a.heads + head)]);
        detail::attention_row_backward(a, token, head, kv, first, keys, p.data(), of.q, of.k, of.v,
                                       of.dout, of.dq, of.dk, of.dv);
      });
}

ZER0_INLINE void cached_attention(reference&, const attention_sizes& a,
                                  const cached_attention_operands<reference>& of) {
  for (std::size_t s = 0; s + 1 < of.starts.size(); ++s)
    for (index_t token = of.starts[s]; token < of.starts[s + 1]; ++token)
      for (index_t head = 0; head < a.heads; ++head) {
        const index_t kv = head / (a.heads / a.kv_heads);
        const index_t first = static_cast<index_t>(s) * of.cache.capacity;
        const index_t keys = of.past[s] + token - of.starts[s] + 1;
        const auto row =
            detail::scores(a, of.q.row(token) + head * a.head_dim, of.cache.keys, first, keys, kv);
        detail::attend(a, token * a.heads + head, row, detail::log_sum_exp(row), of.cache.values,
                       first, kv, of.o.row(token) + head * a.value_width());
      }
}

}  // namespace zer0

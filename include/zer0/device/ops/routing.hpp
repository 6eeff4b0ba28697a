// Routing: which experts a token goes to, with which gates, and the losses that balance experts.
//
// Letters: N tokens, E experts, S sequences, D width, A places. A place is for one chosen pair of
// token and expert; places are sorted by expert. Logits, scores, gates and masks are (N, E) of
// wide<real>; a mask holds 0 or 1. `live` (N) is 1, or 0 for a token that is neither routed nor
// counted (padding); empty: all are live. A `share` is a fraction of the live rows; their number is
// rounded up, to at most all. `starts` (E+1) says where the places of each expert begin: place p of
// expert e, starts[e] <= p < starts[e+1], is for token tokens[p]. Rules common to all groups:
// device/device.hpp.
#pragma once

#include <zer0/device/detail/host_device.hpp>
#include <zer0/device/ops/operands.hpp>

#include <cmath>

namespace zer0 {

/// The loss that keeps experts evenly loaded, over segments: each sequence is one, or the whole
/// batch is. Segment s has T_s live rows; count_se of them go to expert e, and mean_se is the mean
/// of the scores of e over all T_s. T: all live rows; S: segments; k: experts per token; E:
/// experts.
///   normalized:  weight * E/(k T) * sum_s sum_e count_se mean_se
///                (DeepSeek-V2, arXiv:2405.04434, eq. 23 to 25, with sequences weighted by their
///                length; the loss of uniform routing is `weight`)
///   otherwise:   weight / S * sum_s sum_e count_se mean_se
/// The gradient treats counts as constants.
struct balance_rule {
  double weight = 0;
  index_t experts_per_token = 1;  ///< k
  bool normalized = true;
  bool whole_batch = false;
};

namespace detail {

/// share * live, rounded up, at most live. A product at most 1e-6 above a whole number counts as
/// that number, as rounding may have put it there.
ZER0_HOST_DEVICE inline index_t rows_of_share(double share, index_t live) {
  const auto rows = static_cast<index_t>(std::ceil(share * static_cast<double>(live) - 1e-6));
  return rows < 0 ? 0 : rows > live ? live : rows;
}

/// The factor of count_se times the score of one row in the loss.
ZER0_HOST_DEVICE inline double balance_factor(const balance_rule& rule, index_t experts,
                                              index_t segments, double live_of_segment,
                                              double live) {
  if (live_of_segment == 0) return 0;
  const double whole = rule.normalized ? static_cast<double>(experts) /
                                             (static_cast<double>(rule.experts_per_token) * live)
                                       : 1 / static_cast<double>(segments);
  return rule.weight * whole / live_of_segment;
}

}  // namespace detail

/// y = softmax of each row; y may be x.
template <std::derived_from<computes_nothing> D>
void softmax_rows(D& /*d*/, const_wide_view<D> /*x*/, wide_view<D> /*y*/) {}

template <class D>
struct softmax_rows_backward_operands {
  required<const_wide_view<D>> y;   ///< (N, E), of softmax_rows
  required<const_wide_view<D>> dy;  ///< (N, E)
  required<wide_view<D>> dx;        ///< (N, E); may be dy
};

/// dx = y * (dy - sum over e of y dy).
template <std::derived_from<computes_nothing> D>
void softmax_rows_backward(D& /*d*/, const softmax_rows_backward_operands<D>& /*of*/) {}

/// mask: 1 for the k largest scores of each live row, else 0; of equal scores those of the lower e.
/// Exactly k are chosen, even if scores are NaN.
template <std::derived_from<computes_nothing> D>
void choose_in_rows(D& /*d*/, const_wide_view<D> /*scores*/, const_wide_span<D> /*live*/,
                    index_t /*k*/, wide_view<D> /*mask*/) {}

/// mask: 1 for the largest scores of each column among the live rows, as many as `share` says, else
/// 0; of equal scores those of the lower n.
template <std::derived_from<computes_nothing> D>
void choose_in_columns(D& /*d*/, const_wide_view<D> /*scores*/, const_wide_span<D> /*live*/,
                       double /*share*/, wide_view<D> /*mask*/) {}

/// limited: 1 for the first ones of each column of mask, at most `share` of the live rows, else 0.
template <std::derived_from<computes_nothing> D>
void limit_columns(D& /*d*/, const_wide_view<D> /*mask*/, const_wide_span<D> /*live*/,
                   double /*share*/, wide_view<D> /*limited*/) {}

template <class D>
struct gate_chosen_operands {
  required<const_wide_view<D>> scores;  ///< (N, E)
  required<const_wide_view<D>> mask;    ///< (N, E)
  required<bool> normalize;
  required<double> factor;
  required<wide_view<D>> gates;  ///< (N, E)
};

/// gates = factor * mask * scores; if normalize, divided by (sum over e of mask * scores + 1e-20).
template <std::derived_from<computes_nothing> D>
void gate_chosen(D& /*d*/, const gate_chosen_operands<D>& /*of*/) {}

template <class D>
struct gate_chosen_backward_operands {
  required<const_wide_view<D>> scores;  ///< (N, E)
  required<const_wide_view<D>> mask;    ///< (N, E)
  required<bool> normalize;
  required<double> factor;
  required<const_wide_view<D>> dgates;  ///< (N, E); read where mask is 1
  required<wide_view<D>> dscores;       ///< (N, E); 0 where mask is 0
};

/// The gradient of gate_chosen.
template <std::derived_from<computes_nothing> D>
void gate_chosen_backward(D& /*d*/, const gate_chosen_backward_operands<D>& /*of*/) {}

template <class D>
struct list_chosen_operands {
  required<const_wide_view<D>> mask;               ///< (N, E)
  required<std::span<std::int32_t>> starts;        ///< (E+1)
  required<std::span<std::int32_t>> tokens;        ///< (A)
  required<std::span<std::int32_t>> token_starts;  ///< (N+1)
  required<std::span<std::int32_t>> places;        ///< (A)
};

/// Lists the ones of the mask in order of expert, then token, by `starts` and `tokens`. The places
/// of token n are places[token_starts[n]] .. places[token_starts[n+1] - 1]. A must be at least the
/// number of ones; tokens and places are 0 beyond it.
template <std::derived_from<computes_nothing> D>
void list_chosen(D& /*d*/, const list_chosen_operands<D>& /*of*/) {}

template <class D>
struct gather_gates_operands {
  required<const_wide_view<D>> gates;  ///< (N, E)
  required<id_span> starts;            ///< (E+1)
  required<id_span> tokens;            ///< (A)
  required<wide_span<D>> weights;      ///< (A)
};

/// weights[p] = gates[tokens[p], expert of place p]; 0 for p >= starts[E].
template <std::derived_from<computes_nothing> D>
void gather_gates(D& /*d*/, const gather_gates_operands<D>& /*of*/) {}

template <class D>
struct scatter_gates_operands {
  required<const_wide_span<D>> weights;  ///< (A)
  required<id_span> starts;              ///< (E+1)
  required<id_span> tokens;              ///< (A)
  required<wide_view<D>> gates;          ///< (N, E)
};

/// The reverse of gather_gates: gates[tokens[p], expert of place p] = weights[p], and 0 elsewhere.
template <std::derived_from<computes_nothing> D>
void scatter_gates(D& /*d*/, const scatter_gates_operands<D>& /*of*/) {}

template <class D>
struct combine_rows_operands {
  required<id_span> token_starts;   ///< (N+1)
  required<id_span> places;         ///< (A)
  const_wide_span<D> weights = {};  ///< (A); empty: all are 1
  required<const_view<D>> x;        ///< (A, D)
  required<double> beta;            ///< 0 (y is not read) or 1
  required<view<D>> y;              ///< (N, D)
};

/// y[n] = beta y[n] + sum over the places p of token n of weights[p] x[p].
template <std::derived_from<computes_nothing> D>
void combine_rows(D& /*d*/, const combine_rows_operands<D>& /*of*/) {}

template <class D>
struct combine_rows_backward_operands {
  required<id_span> starts;         ///< (E+1)
  required<id_span> tokens;         ///< (A)
  const_wide_span<D> weights = {};  ///< (A); empty: all are 1
  required<const_view<D>> dy;       ///< (N, D)
  required<const_view<D>> x;        ///< (A, D)
  required<view<D>> dx;             ///< (A, D); may be x
  wide_span<D> dweights = {};       ///< (A); empty: not computed
};

/// For p < starts[E]: dx[p] = weights[p] dy[tokens[p]], dweights[p] = dot(dy[tokens[p]], x[p]).
template <std::derived_from<computes_nothing> D>
void combine_rows_backward(D& /*d*/, const combine_rows_backward_operands<D>& /*of*/) {}

template <class D>
struct balance_loss_operands {
  required<id_span> starts;             ///< (S+1), cuts tokens into sequences
  required<const_wide_span<D>> live;    ///< (N), or empty
  required<const_wide_view<D>> mask;    ///< (N, E)
  required<const_wide_view<D>> scores;  ///< (N, E)
  required<wide_view<D>> counts;        ///< (segments, E); written, for the gradient
  required<wide_span<D>> total;         ///< (1), added to
};

/// total += the loss of `rule`.
template <std::derived_from<computes_nothing> D>
void balance_loss(D& /*d*/, const balance_rule& /*rule*/, const balance_loss_operands<D>& /*of*/) {}

template <class D>
struct balance_loss_gradient_operands {
  required<id_span> starts;             ///< (S+1), cuts tokens into sequences
  required<const_wide_span<D>> live;    ///< (N), or empty
  required<const_wide_view<D>> counts;  ///< (segments, E), from balance_loss
  required<wide_view<D>> dscores;       ///< (N, E), added to
};

/// The gradient of balance_loss with respect to the scores, added to dscores.
template <std::derived_from<computes_nothing> D>
void balance_loss_gradient(D& /*d*/, const balance_rule& /*rule*/,
                           const balance_loss_gradient_operands<D>& /*of*/) {}

/// total (1) += weight * mean over live rows of logsumexp(logits[n])^2. Zoph et al. 2022,
/// arXiv:2202.08906
template <std::derived_from<computes_nothing> D>
void z_loss(D& /*d*/, const_wide_view<D> /*logits*/, const_wide_span<D> /*live*/, double /*weight*/,
            wide_span<D> /*total*/) {}

/// The gradient of z_loss, added to dlogits.
template <std::derived_from<computes_nothing> D>
void z_loss_gradient(D& /*d*/, const_wide_view<D> /*logits*/, const_wide_span<D> /*live*/,
                     double /*weight*/, wide_view<D> /*dlogits*/) {}

/// bias += rate * sign(mean(loads) - loads); loads, bias (E). DeepSeek-V3, arXiv:2412.19437, 2.1.2
template <std::derived_from<computes_nothing> D>
void lean_to_mean(D& /*d*/, const_wide_span<D> /*loads*/, double /*rate*/, wide_span<D> /*bias*/) {}

template <class D>
concept routing_operations = requires(
    D& d, const_wide_view<D> scores, wide_view<D> out, const_wide_span<D> live,
    wide_span<D> numbers, id_span ids, std::span<std::int32_t> lists, const_view<D> x, view<D> y,
    const balance_rule& rule, index_t k, double number, bool normalize) {
  softmax_rows(d, scores, out);
  softmax_rows_backward(d, {.y = scores, .dy = scores, .dx = out});
  choose_in_rows(d, scores, live, k, out);
  choose_in_columns(d, scores, live, number, out);
  limit_columns(d, scores, live, number, out);
  gate_chosen(
      d,
      {.scores = scores, .mask = scores, .normalize = normalize, .factor = number, .gates = out});
  gate_chosen_backward(d, {.scores = scores,
                           .mask = scores,
                           .normalize = normalize,
                           .factor = number,
                           .dgates = scores,
                           .dscores = out});
  list_chosen(
      d,
      {.mask = scores, .starts = lists, .tokens = lists, .token_starts = lists, .places = lists});
  gather_gates(d, {.gates = scores, .starts = ids, .tokens = ids, .weights = numbers});
  scatter_gates(d, {.weights = live, .starts = ids, .tokens = ids, .gates = out});
  combine_rows(
      d, {.token_starts = ids, .places = ids, .weights = live, .x = x, .beta = number, .y = y});
  combine_rows_backward(d, {.starts = ids,
                            .tokens = ids,
                            .weights = live,
                            .dy = x,
                            .x = x,
                            .dx = y,
                            .dweights = numbers});
  balance_loss(d, rule,
               {.starts = ids,
                .live = live,
                .mask = scores,
                .scores = scores,
                .counts = out,
                .total = numbers});
  balance_loss_gradient(d, rule, {.starts = ids, .live = live, .counts = scores, .dscores = out});
  z_loss(d, scores, live, number, numbers);
  z_loss_gradient(d, scores, live, number, out);
  lean_to_mean(d, live, number, numbers);
};

}  // namespace zer0

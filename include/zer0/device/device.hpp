// The device concept: every operation that a device offers, with its shapes and its meaning.
//
// A device is a type with a `real` (the type of activations and weights; `wide<real>` that of statistics, losses and
// gradients of weights), memory, and one free function for each operation below, found by argument-dependent lookup:
// `rms_norm_forward(device, ...)`. Layers, losses and optimizers know nothing else of a machine. A new device is one
// folder with these functions; the conformance suite (tests/device) holds it against `reference`.
//
// Letters: N tokens, D width, H query heads, K key/value heads, C head width, F hidden width, V vocabulary, S
// sequences. `starts` (S+1) cuts N tokens into sequences: tokens starts[s] .. starts[s+1]-1 belong to sequence s;
// starts[S] = N. All views and spans refer to memory of the device. No operation allocates. Results do not depend on
// the number of threads. Views given as output must not overlap inputs unless it says "may be".
#pragma once

#include <zer0/core/random_stream.hpp>
#include <zer0/core/tensor.hpp>
#include <zer0/device/activation.hpp>
#include <zer0/device/pair_sums.hpp>
#include <zer0/device/routing.hpp>

#include <concepts>
#include <cstddef>
#include <span>
#include <type_traits>

namespace zer0 {

struct sampling;  // core/sampling.hpp

enum class transpose : bool { no, yes };

/// Which two elements of a head a rotary embedding turns together.
enum class rope_pairing {
  interleaved,  ///< (x[2j], x[2j+1]): the original weights of Llama
  half_split,   ///< (x[j], x[j + C/2]): Hugging Face models
};

enum class rope_direction { forward, backward };

/// How attention reads its operands. Scores are `scale * q k^T`, causal inside each sequence; with a soft cap (Gemma
/// Team 2024, arXiv:2408.00118, section 2) `soft_cap * tanh(scale * q k^T / soft_cap)`; with a window (Child et al.
/// 2019, arXiv:1904.10509) a query sees its `window` last keys, itself included, and work a query does not grow beyond
/// it.
struct attention_sizes {
  index_t heads = 1;     ///< H
  index_t kv_heads = 1;  ///< K; query head h reads key/value head h / (H / K)
  index_t head_dim = 1;  ///< C
  double scale = 1;
  double dropout = 0;         ///< of probabilities; the mask is row token*H + head, column = position of the key
  random_stream stream = {};  ///< of that mask
  index_t window = 0;         ///< 0: none
  double soft_cap = 0;        ///< 0: none
  index_t value_dim = 0;      ///< Cv: width of a head of v and o; 0: as head_dim

  [[nodiscard]] index_t value_width() const { return value_dim > 0 ? value_dim : head_dim; }
  /// Of the `keys` keys up to a query, those at the beginning that lie before its window.
  [[nodiscard]] index_t hidden(index_t keys) const { return window > 0 && keys > window ? keys - window : 0; }
};

/// The keys and values of S sequences so far, `capacity` rows of K*C for each.
template <class T>
struct kv_view {
  tensor_view<T> keys;    ///< (S*capacity, K*C)
  tensor_view<T> values;  ///< (S*capacity, K*Cv); may be columns of keys
  index_t capacity = 0;
};

/// What multiplies gradients before an update: factor * min(1, max_norm / (norm + 1e-6)), norm = factor *
/// sqrt(*squares). The norm stays on the device, so that no update waits for the host.
struct gradient_scaling {
  double factor = 1;    ///< of normalization
  double max_norm = 0;  ///< 0: no clipping
  const double* squares =
      nullptr;                   ///< memory of the device: sum of the squared gradients; may be absent without clipping
  const double* loss = nullptr;  ///< memory of the device; may be absent
};

struct adamw_sizes {
  double learning_rate, beta1, beta2, eps, weight_decay;
  index_t step;  ///< 1 at the first update
  gradient_scaling gradient = {};
};

template <class D>
using view = tensor_view<typename D::real>;
template <class D>
using const_view = tensor_view<const typename D::real>;
template <class D>
using wide_view = tensor_view<wide<typename D::real>>;
template <class D>
using const_wide_view = tensor_view<const wide<typename D::real>>;
template <class D>
using wide_span = std::span<wide<typename D::real>>;
template <class D>
using const_wide_span = std::span<const wide<typename D::real>>;
using id_span = std::span<const std::int32_t>;

/// For whom N tokens are chosen.
struct sampling_rows {
  id_span sequences;    ///< (N) which sequence, for the random number alone
  id_span positions;    ///< (N) how many tokens were chosen for it before, likewise
  id_span starts = {};  ///< (N+1) row i's older tokens are history[starts[i]] .. ; only with a repetition penalty
  id_span history = {};
};

// clang-format off
/// What a device must offer.
template <class D>
concept device = std::is_trivially_copyable_v<typename D::real> && std::movable<D> && requires(
    D& d, view<D> y, const_view<D> x, id_span ids, wide_view<D> wy, tensor_view<const wide<typename D::real>> wx, wide_span<D> v, const_wide_span<D> cv,
    std::span<const typename D::real> weight, double s, index_t n, attention_sizes a, kv_view<const typename D::real> kv, random_stream r, adamw_sizes w, const sampling& rules, sampling_rows rows, std::span<std::int32_t> chosen, void* p,
    double* total, std::span<double> doubles, std::span<const double> const_doubles, const pair_sums& pairs, std::size_t bytes) {
  // -- memory. allocate: 64-byte aligned, contents undefined, throws zer0::error when there is none left.
  { d.allocate(bytes) } -> std::same_as<void*>;
  d.deallocate(p, bytes);
  d.upload(p, p, bytes);                  // device <- host; blocks until the host memory may be reused
  d.download(p, p, bytes);                // host <- device; blocks until it has arrived
  d.synchronize();                        // waits for all work

  // -- elements
  fill(d, y, s); fill(d, wy, s);          // y = s
  copy(d, x, y); copy(d, x, wy); copy(d, wx, y);  // y = x
  add(d, x, y);                           // y += x
  scale(d, s, y); scale(d, s, wy);        // y *= s
  gather_rows(d, x, ids, y);              // y[i] = x[ids[i]]
  scatter_rows(d, x, ids, y);             // y[ids[i]] = x[i]; ids distinct
  apply_dropout(d, s, r, x, y);           // y = keep(row, col) ? x / (1-p) : 0; keep: word(r, row, col) >= p * 2^32. y may be x
  add_dropout(d, s, r, x, y);             // y = x + dropout(y), as apply_dropout drops; p = 0 drops nothing
  random_normal(d, r, s, s, y);           // y = mean + deviation * normal(r, row, col)
  random_uniform(d, r, s, s, y);          // y = low + (high - low) * uniform01(r, row, col)
  add_sum(d, cv, total);                  // *total += sum of cv, in double, in a fixed order; total: memory of the device
  add_squares(d, cv, total);              // *total += sum of squares, likewise

  // -- products: c = a b + beta c, a and b transposed on request; a' is (M,K), b' (K,N), c (M,N); beta is 0 (c not read) or 1
  matmul(d, transpose::no, x, transpose::yes, x, s, y);
  matmul(d, transpose::yes, x, transpose::no, x, s, wy);  // a wide result: weight gradients, the scores of a router

  //    and of groups of rows, each with a matrix of its own (experts): starts (E+1) cuts N rows into E groups, any of them empty, as it
  //    does sequences, but starts[E] may be below N: rows beyond belong to no group, are not read and not written. It is memory of the
  //    device, so that sizes which are computed there are not waited for.
  grouped_matmul(d, ids, x, transpose::yes, x, y);  // starts, x (N,K), b of all groups below one another, y (N,M): y_e = x_e b_e'; b_e' (K,M)
  grouped_weight_gradient(d, ids, x, x, wy);        // starts, dy (N,M), x (N,K), dw (E*M,K): dw_e += dy_e^T x_e

  // -- embedding
  embedding_forward(d, x, ids, y);        // table (V,D), ids (N): y[i] = table[ids[i]], y (N,D)
  embedding_backward(d, ids, x, wy);      // dy (N,D), dtable (V,D): dtable[ids[i]] += dy[i], in the order of i

  // -- norm: y = x * rstd * weight, rstd = 1/sqrt(mean(x^2) + eps) per row, kept. Zhang & Sennrich 2019, arXiv:1910.07467
  //    The weight may be that of a head, C numbers: then each of the D/C groups of a row is normed by itself, rstd (N*D/C).
  rms_norm_forward(d, x, weight, s, y, v);         // x (N,D), weight (D or C), eps, y (N,D), rstd
  rms_norm_backward(d, x, weight, cv, x, s, y, v); // x, weight, rstd, dy, beta, dx = beta dx + ... (beta 0: not read, or 1), dweight (added to)
  //    and with the sum before it in the same pass: add_dropout(x, y), then z = norm(y)
  add_rms_norm_forward(d, s, r, x, y, weight, s, y, v);  // p, stream, x, y (N,D), weight (D), eps, z (N,D), rstd (N)

  //    LayerNorm: y = (x - mean) * rstd * weight + bias, rstd = 1/sqrt(mean((x - mean)^2) + eps) per row, both kept.
  //    Ba et al. 2016, arXiv:1607.06450
  layer_norm_forward(d, x, weight, weight, s, y, v, v);  // x (N,D), weight (D), bias (D), eps, y (N,D), mean (N), rstd (N)
  layer_norm_backward(d, x, weight, cv, cv, x, s, y, v, v);  // x, weight, mean, rstd, dy, beta, dx (as above), dweight, dbias (added to)

  // -- biases: y[n,j] += bias[j]; sums[j] += sum over n of x[n,j], in a fixed order
  add_bias(d, weight, y); add_bias(d, cv, wy);
  add_column_sums(d, x, v); add_column_sums(d, wx, v);

  // -- rotary positions, in place: x (N, heads*C) turned by angle position * frequencies[j]; cos and sin times `magnitude`.
  //    Su et al. 2021, arXiv:2104.09864. backward turns the other way. Angles in double, then rounded.
  rotate(d, rope_pairing::interleaved, rope_direction::forward, n /*C*/, ids /*positions (N)*/, cv /*frequencies (C/2)*/, s, y);

  // -- activations: act is an empty type of device/activation.hpp, which kernels call
  activate_forward(d, silu(), x, y);      // act, x, y = act(x); y may be x
  activate_backward(d, silu(), x, x, y);  // act, x, dy, dx = dy act'(x); dx may be dy
  activate_forward(d, silu(), wx, wy);
  activate_backward(d, silu(), wx, wx, wy);
  //    and gated: y = act(gate) * up, all (N,F). Shazeer 2020, arXiv:2002.05202
  gate_forward(d, silu(), x, x, y);       // act, gate, up, y
  gate_backward(d, silu(), x, x, x, y, y);  // act, gate, up, dy, dgate, dup. dgate may be gate, dup may be up

  // -- attention: o = dropout(softmax(scale q k^T, causal in each sequence)) v; q (N,H*C), k (N,K*C), v (N,K*Cv), o (N,H*Cv).
  //    standard keeps the probabilities before dropout: (N*H, longest sequence), row token*H+head, zero for keys that are not seen.
  standard_attention_forward(d, a, x, x, x, ids, y, y);              // q, k, v, starts, probabilities, o
  standard_attention_backward(d, a, x, x, x, ids, x, x, y, y, y, y); // q, k, v, starts, probabilities, do, scratch (as probabilities), dq, dk, dv
  //    flash keeps the logarithm of the sum of exponentials of each row: (N*H). Dao et al. 2022, arXiv:2205.14135
  flash_attention_forward(d, a, x, x, x, ids, y, v);                 // q, k, v, starts, o, lse
  flash_attention_backward(d, a, x, x, x, ids, x, cv, x, v, y, y, y); // q, k, v, starts, o, lse, do, scratch (N*H), dq, dk, dv
  //    cached: sequence s has past[s] older tokens in the cache, whose new ones have been appended already.
  cached_attention(d, a, x, kv, ids, ids, y);                        // q, cache, starts, past (S), o

  // -- loss: loss[i] = -log softmax(logits[i])[target[i]] * weight[i] (0 where the weight is 0: the target is not read);
  //    logits (N,V) become weight * (softmax - onehot) in the _gradient form.
  cross_entropy_loss(d, x, ids, cv, v);             // logits, targets, weights, loss
  cross_entropy_gradient(d, y, ids, cv, v);    // logits -> dlogits, targets, weights, loss

  // -- routing (device/routing.hpp): E experts; logits, scores, gates and masks are (N,E), a mask holds 0 or 1. `live` (N) holds 1, or 0
  //    for a token that is neither routed nor counted; empty: all live. A share of the live rows is rounded up, at most all.
  softmax_rows(d, wx, wy);                          // x, y; y may be x
  softmax_rows_backward(d, wx, wx, wy);             // y, dy, dx; dx may be dy
  choose_in_rows(d, wx, cv, n, wy);                 // scores, live, k, mask: 1 for the k largest of each live row (ties: lower e), else 0
  choose_in_columns(d, wx, cv, s, wy);              // scores, live, share, mask: 1 for a share of each column's live rows, the largest (ties: lower n)
  limit_columns(d, wx, cv, s, wy);                  // mask, live, share, limited: keeps the first ones of each column, at most a share
  gate_chosen(d, wx, wx, true, s, wy);              // scores, mask, normalize, factor, gates = factor mask scores (/ (sum_e mask scores + 1e-20))
  gate_chosen_backward(d, wx, wx, true, s, wx, wy); // scores, mask, normalize, factor, dgates (read where mask is 1), dscores
  list_chosen(d, wx, chosen, chosen, chosen, chosen);  // mask, starts (E+1), tokens (A), token_starts (N+1), places (A): the ones of the mask in
                                                    // order of expert, then token. Place p of expert e, starts[e] <= p < starts[e+1], is for token
                                                    // tokens[p]; places[token_starts[n]] .. are those of token n. A >= ones; 0 beyond them
  gather_gates(d, wx, ids, ids, v);                 // gates, starts, tokens, weights (A): weights[p] = gates[tokens[p], expert of p], 0 beyond
  scatter_gates(d, cv, ids, ids, wy);               // weights, starts, tokens, gates: the reverse, 0 elsewhere
  combine_rows(d, ids, ids, cv, x, s, y);           // token_starts, places, weights (A, or empty: 1), x (A,D), beta, y (N,D):
                                                    // y[n] = beta y[n] + sum over places p of n of weights[p] x[p]; beta 0 (y not read) or 1
  combine_rows_backward(d, ids, ids, cv, x, x, y, v);  // starts, tokens, weights, dy (N,D), x (A,D), dx (A,D), dweights (A, or empty): for p < starts[E]:
                                                    // dx[p] = weights[p] dy[tokens[p]], dweights[p] = dot(dy[tokens[p]], x[p]). dx may be x
  balance_loss(d, balance_rule(), ids, cv, wx, wx, wy, v);  // rule, starts, live, mask, scores, counts (segments, E), total (1): counts is written,
                                                    // the loss added to total
  balance_loss_gradient(d, balance_rule(), ids, cv, wx, wy);  // rule, starts, live, counts, dscores (added to)
  z_loss(d, wx, cv, s, v);                          // logits, live, weight, total (1) += weight * mean over live rows of logsumexp^2
  z_loss_gradient(d, wx, cv, s, wy);                // logits, live, weight, dlogits (added to). Zoph et al. 2022, arXiv:2202.08906
  lean_to_mean(d, cv, s, v);                        // loads (E), rate, bias (E) += rate sign(mean(loads) - loads). DeepSeek-V3, arXiv:2412.19437, 2.1.2

  // -- preferences: x, y (N), sums over tokens held in double. Policy: a type of device/preference.hpp, which kernels call.
  sum_sequences(d, ids, cv, doubles);               // starts, x, sums (S): sums[s] = sum of x over sequence s, in a fixed order
  scale_sequences(d, ids, const_doubles, cv, v);    // starts, factors (S), x, y = factors[s] * x; y may be x
  judge_pairs(d, preference_archetype(), pairs, total, doubles);  // policy, pairs, totals (preference_totals, added to), slopes (S):
                                                    // derivative of the policy's loss with respect to a sequence's sum of -log p

  // -- generation: the next token of each row of logits (N,V), by the rules of device/sampler.hpp, or no_token if a logit of the row
  //    is not a number. Devices choose the same token unless rounding moves a limit across one.
  choose_tokens(d, rules, x, rows, chosen);         // rules, logits, rows, tokens (N)

  // -- optimizer, on contiguous buffers. Loshchilov & Hutter 2019, arXiv:1711.05101:
  //    g *= scale (gradient_scaling); p *= 1-lr*wd; m = b1 m + (1-b1) g; v = b2 v + (1-b2) g^2; p -= lr/(1-b1^t) m / (sqrt(v)/sqrt(1-b2^t) + eps)
  //    Nothing is written if *squares or *loss is given and not finite.
  adamw_update(d, w, v, cv, v, v);             // parameters, gradients, first moment, second moment
  requires std::same_as<typename D::real, wide<typename D::real>> || requires(std::span<typename D::real> p16) {
    adamw_update(d, w, p16, v, cv, v, v);      // 16-bit weights (written, rounded), parameters, and so on
  };
};
// clang-format on

}  // namespace zer0

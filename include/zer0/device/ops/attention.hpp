// Attention: o = dropout(softmax(scale q k^T, causal in each sequence)) v.
//
// Letters: N tokens, S sequences, H query heads, K key/value heads, C the width of a head of q and
// k, Cv that of v and o. q (N, H*C), k (N, K*C), v (N, K*Cv), o (N, H*Cv). `starts` (S+1) cuts
// tokens into sequences. Rules common to all groups: device/device.hpp.
#pragma once

#include <zer0/core/philox.hpp>
#include <zer0/device/ops/operands.hpp>

namespace zer0 {

/// How attention reads its operands. Scores are `scale * q k^T`, causal inside each sequence; with
/// a soft cap (Gemma Team 2024, arXiv:2408.00118, section 2) they are `soft_cap * tanh(scale * q
/// k^T / soft_cap)`. With a window (Child et al. 2019, arXiv:1904.10509) a query sees the last
/// `window` keys, its own included, so its work does not grow beyond that.
struct attention_sizes {
  index_t heads = 1;     ///< H
  index_t kv_heads = 1;  ///< K; query head h reads key/value head h / (H / K)
  index_t head_dim = 1;  ///< C
  double scale = 1;
  double dropout = 0;         ///< probability of dropping a weight of the softmax
  random_stream stream = {};  ///< of the mask: row token*H + head, column position of the key
  index_t window = 0;         ///< 0: none
  double soft_cap = 0;        ///< 0: none
  index_t value_dim = 0;      ///< Cv; 0: the same as head_dim

  [[nodiscard]] index_t value_width() const { return value_dim > 0 ? value_dim : head_dim; }
  /// Of the `keys` keys up to a query's own, how many lie before its window.
  [[nodiscard]] index_t hidden(index_t keys) const {
    return window > 0 && keys > window ? keys - window : 0;
  }
};

/// The cached keys and values of S sequences, `capacity` rows per sequence.
template <class T>
struct kv_view {
  required<tensor_view<T>> keys;    ///< (S*capacity, K*C)
  required<tensor_view<T>> values;  ///< (S*capacity, K*Cv); may be columns of keys
  required<index_t> capacity;
};

template <class D>
struct standard_attention_forward_operands {
  required<const_view<D>> q;        ///< (N, H*C)
  required<const_view<D>> k;        ///< (N, K*C)
  required<const_view<D>> v;        ///< (N, K*Cv)
  required<id_span> starts;         ///< (S+1)
  required<view<D>> probabilities;  ///< (N*H, longest sequence); written, for backward
  required<view<D>> o;              ///< (N, H*Cv)
};

/// Writes the probabilities before dropout, in row token*H + head; they are 0 for keys that the
/// query does not see.
template <std::derived_from<computes_nothing> D>
void standard_attention_forward(D& /*d*/, const attention_sizes& /*sizes*/,
                                const standard_attention_forward_operands<D>& /*of*/) {}

template <class D>
struct standard_attention_backward_operands {
  required<const_view<D>> q;              ///< (N, H*C)
  required<const_view<D>> k;              ///< (N, K*C)
  required<const_view<D>> v;              ///< (N, K*Cv)
  required<id_span> starts;               ///< (S+1)
  required<const_view<D>> probabilities;  ///< from forward
  required<const_view<D>> dout;           ///< (N, H*Cv), the gradient of o
  required<view<D>> scratch;              ///< shaped as probabilities
  required<view<D>> dq;                   ///< (N, H*C)
  required<view<D>> dk;                   ///< (N, K*C)
  required<view<D>> dv;                   ///< (N, K*Cv)
};

/// The gradients of standard_attention_forward; dq, dk and dv are written.
template <std::derived_from<computes_nothing> D>
void standard_attention_backward(D& /*d*/, const attention_sizes& /*sizes*/,
                                 const standard_attention_backward_operands<D>& /*of*/) {}

template <class D>
struct flash_attention_forward_operands {
  required<const_view<D>> q;   ///< (N, H*C)
  required<const_view<D>> k;   ///< (N, K*C)
  required<const_view<D>> v;   ///< (N, K*Cv)
  required<id_span> starts;    ///< (S+1)
  required<view<D>> o;         ///< (N, H*Cv)
  required<wide_span<D>> lse;  ///< (N*H), row token*H + head; written, for backward
};

/// Writes `lse`, the logarithm of the sum of exponentials of each row of scores. Dao et al. 2022,
/// arXiv:2205.14135
template <std::derived_from<computes_nothing> D>
void flash_attention_forward(D& /*d*/, const attention_sizes& /*sizes*/,
                             const flash_attention_forward_operands<D>& /*of*/) {}

template <class D>
struct flash_attention_backward_operands {
  required<const_view<D>> q;         ///< (N, H*C)
  required<const_view<D>> k;         ///< (N, K*C)
  required<const_view<D>> v;         ///< (N, K*Cv)
  required<id_span> starts;          ///< (S+1)
  required<const_view<D>> o;         ///< (N, H*Cv), from forward
  required<const_wide_span<D>> lse;  ///< (N*H), from forward
  required<const_view<D>> dout;      ///< (N, H*Cv), the gradient of o
  required<wide_span<D>> scratch;    ///< (N*H)
  required<view<D>> dq;              ///< (N, H*C)
  required<view<D>> dk;              ///< (N, K*C)
  required<view<D>> dv;              ///< (N, K*Cv)
};

/// The gradients of flash_attention_forward; dq, dk and dv are written.
template <std::derived_from<computes_nothing> D>
void flash_attention_backward(D& /*d*/, const attention_sizes& /*sizes*/,
                              const flash_attention_backward_operands<D>& /*of*/) {}

template <class D>
struct cached_attention_operands {
  required<const_view<D>> q;              ///< (N, H*C), queries of the new tokens
  kv_view<const typename D::real> cache;  ///< of old and new tokens
  required<id_span> starts;               ///< (S+1), cuts the new tokens
  required<id_span> past;                 ///< (S), number of older tokens per sequence
  required<view<D>> o;                    ///< (N, H*Cv)
};

/// Attention of new tokens over the cache. Sequence s has past[s] older tokens in the cache,
/// directly followed by its new ones, which must be there already.
template <std::derived_from<computes_nothing> D>
void cached_attention(D& /*d*/, const attention_sizes& /*sizes*/,
                      const cached_attention_operands<D>& /*of*/) {}

template <class D>
concept attention_operations = requires(
    D& d, const attention_sizes& sizes, const_view<D> x, id_span starts, view<D> y,
    const_wide_span<D> kept, wide_span<D> written, const kv_view<const typename D::real>& cache) {
  standard_attention_forward(
      d, sizes, {.q = x, .k = x, .v = x, .starts = starts, .probabilities = y, .o = y});
  standard_attention_backward(d, sizes,
                              {.q = x,
                               .k = x,
                               .v = x,
                               .starts = starts,
                               .probabilities = x,
                               .dout = x,
                               .scratch = y,
                               .dq = y,
                               .dk = y,
                               .dv = y});
  flash_attention_forward(d, sizes,
                          {.q = x, .k = x, .v = x, .starts = starts, .o = y, .lse = written});
  flash_attention_backward(d, sizes,
                           {.q = x,
                            .k = x,
                            .v = x,
                            .starts = starts,
                            .o = x,
                            .lse = kept,
                            .dout = x,
                            .scratch = written,
                            .dq = y,
                            .dk = y,
                            .dv = y});
  cached_attention(d, sizes, {.q = x, .cache = cache, .starts = starts, .past = starts, .o = y});
};

}  // namespace zer0

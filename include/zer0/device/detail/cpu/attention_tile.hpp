// What the attention kernels of the cpu device share: tiles of queries against tiles of keys.
#pragma once

#include <zer0/device/detail/cpu/eigen.hpp>
#include <zer0/device/detail/cpu/exponential.hpp>
#include <zer0/device/detail/cpu/product.hpp>
#include <zer0/device/detail/cpu/random.hpp>
#include <zer0/device/ops/attention.hpp>

#include <cmath>
#include <limits>

namespace zer0::detail {

inline constexpr index_t query_tile = 64;
inline constexpr index_t key_tile = 128;

/// Columns [first, first + C) of some rows: one head of q, k, v, o or of their gradients.
template <class T>
tensor_view<T> head_of(tensor_view<T> x, index_t head, index_t head_dim) {
  return x.col_block(head * head_dim, head_dim);
}

/// c = a b^T, or += when `accumulate`.
inline void product_nt(tensor_view<const float> a, tensor_view<const float> b, bool accumulate,
                       tensor_view<float> c) {
  product({a.data, a.stride, false}, {b.data, b.stride, false}, c.rows, c.cols, a.cols, accumulate,
          c.data, c.stride);
}
/// c += a b
inline void product_nn(tensor_view<const float> a, tensor_view<const float> b,
                       tensor_view<float> c) {
  product({a.data, a.stride, false}, {b.data, b.stride, true}, c.rows, c.cols, a.cols, true, c.data,
          c.stride);
}
/// c += a^T b
inline void product_tn(tensor_view<const float> a, tensor_view<const float> b,
                       tensor_view<float> c) {
  product({a.data, a.stride, true}, {b.data, b.stride, true}, c.rows, c.cols, a.rows, true, c.data,
          c.stride);
}

/// y = dropout(x) for the key columns [first, first + n) of row `row` of the mask; x may be y.
/// first % 4 == 0.
inline void drop_keys(const attention_sizes& a, index_t row, index_t first, const float* x,
                      float* y, index_t n) {
  const std::uint32_t threshold = drop_below(a.dropout);
  const auto factor = static_cast<float>(1 / (1 - a.dropout));
  std::uint32_t words[words_at_once];
  for (index_t j = 0; j < n; j += words_at_once) {
    random_words(a.stream, row, first + j, words);
    const index_t count = std::min(words_at_once, n - j);
#pragma omp simd
    for (index_t i = 0; i < count; ++i) y[j + i] = words[i] >= threshold ? x[j + i] * factor : 0.0f;
  }
}

/// The factor that turns what `soften` gives into scores.
inline float score_factor(const attention_sizes& a) {
  return static_cast<float>(a.soft_cap > 0 ? a.soft_cap : a.scale);
}
/// With a soft cap, products q k^T become tanh(scale * q k^T / soft_cap); without one they stay.
inline void soften(const attention_sizes& a, float* row, index_t n) {
  if (a.soft_cap == 0) return;
  const auto factor = static_cast<float>(a.scale / a.soft_cap);
  map_row(row, row, n, [factor](auto s) { return hyperbolic_tangent(s * factor); });
}

/// The keys that a tile of queries sees: its first query sees the first `visible` keys, each next
/// one key more.
struct seen_keys {
  const attention_sizes& a;
  index_t visible;

  /// The key at which the first tile begins: a multiple of 4, as dropout's random numbers come in
  /// fours.
  [[nodiscard]] index_t begin() const { return a.hidden(visible) / 4 * 4; }
  /// Query i sees columns [first, last) of the `n` keys from key `tile` on.
  struct columns {
    index_t first, last;
    [[nodiscard]] index_t count() const { return last - first; }
  };
  [[nodiscard]] columns of(index_t i, index_t tile, index_t n) const {
    const index_t last = std::clamp(visible + i - tile, index_t{0}, n);
    return {std::clamp(a.hidden(visible + i) - tile, index_t{0}, last), last};
  }
  /// Writes zeros to the columns of a row that are not seen.
  static void clear_others(columns seen, float* row, index_t n) {
    std::fill(row, row + seen.first, 0.0f);
    std::fill(row + seen.last, row + n, 0.0f);
  }
};

/// Attention of `q.rows` consecutive queries of one head, of which the first sees `visible` keys,
/// by online softmax over key tiles. Writes o (rows, Cv) and, if `lse` is given, the logarithm of
/// each row's sum of exponentials, a.heads apart. `first_row`: row of the first query in the
/// dropout mask. Source: Dao et al. 2022, arXiv:2205.14135, algorithm 1.
inline void flash_rows(const attention_sizes& a, tensor_view<const float> q,
                       tensor_view<const float> k, tensor_view<const float> v, index_t visible,
                       index_t first_row, tensor_view<float> o, float* lse) {
  struct scores_memory;
  float* const memory = thread_scratch<scores_memory>(query_tile * (key_tile + 2));
  float* const largest = memory + query_tile * key_tile;
  float* const total = largest + query_tile;
  const float factor = score_factor(a);
  const seen_keys sight{a, visible};
  std::fill(largest, largest + q.rows, -std::numeric_limits<float>::infinity());
  std::fill(total, total + q.rows, 0.0f);
  for (index_t i = 0; i < o.rows; ++i) std::fill(o.row(i), o.row(i) + o.cols, 0.0f);

  const index_t keys = visible + q.rows - 1;
  for (index_t first = sight.begin(); first < keys; first += key_tile) {
    const tensor_view<float> s(memory, q.rows, std::min(key_tile, keys - first));
    product_nt(q, k.row_block(first, s.cols), false, s);
    for (index_t i = 0; i < s.rows; ++i) {
      const auto seen = sight.of(i, first, s.cols);
      seen_keys::clear_others(seen, s.row(i), s.cols);
      if (seen.count() == 0) continue;
      float* const row = s.row(i) + seen.first;
      soften(a, row, seen.count());
      const float now = std::max(largest[i], factor * largest_of(row, seen.count()));
      const float shrink = std::exp(largest[i] - now);
      map_row(row, row, seen.count(),
              [factor, now](auto e) { return exponential(e * factor - now); });
      total[i] = total[i] * shrink + as_array(row, seen.count()).sum();
      largest[i] = now;
      if (shrink != 1) as_array(o.row(i), o.cols) *= shrink;
      if (a.dropout > 0)
        drop_keys(a, first_row + i * a.heads, first, s.row(i), s.row(i), seen.last);
    }
    product_nn(s, v.row_block(first, s.cols), o);
  }
  for (index_t i = 0; i < q.rows; ++i) {
    as_array(o.row(i), o.cols) *= 1 / total[i];
    if (lse) lse[i * a.heads] = largest[i] + std::log(total[i]);
  }
}

}  // namespace zer0::detail

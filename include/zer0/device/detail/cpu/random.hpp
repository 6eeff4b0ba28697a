// Random words of a row, 64 at a time.
#pragma once

#include <zer0/core/philox.hpp>
#include <zer0/core/types.hpp>

#include <algorithm>

namespace zer0::detail {

inline constexpr index_t words_at_once = 64;

/// Words [col, col + 64) of row `row` of the stream: 16 Philox counters side by side, so that they
/// vectorize. col % 4 == 0.
inline void random_words(random_stream r, index_t row, index_t col, std::uint32_t* out) {
  constexpr int lanes = words_at_once / 4;
  std::uint32_t c0[lanes];
  std::uint32_t c1[lanes];
  std::uint32_t c2[lanes];
  std::uint32_t c3[lanes];
  for (int i = 0; i < lanes; ++i) {
    c0[i] = static_cast<std::uint32_t>(col / 4 + i);
    c1[i] = static_cast<std::uint32_t>(row);
    c2[i] = r.site;
    c3[i] = r.step;
  }
  philox_key key = philox_key_of(r.seed);
  for (int round = 0; round < 10; ++round) {
#pragma omp simd
    for (int i = 0; i < lanes; ++i) {
      const std::uint64_t a = std::uint64_t{0xD2511F53u} * c0[i];
      const std::uint64_t b = std::uint64_t{0xCD9E8D57u} * c2[i];
      c0[i] = static_cast<std::uint32_t>(b >> 32) ^ c1[i] ^ key[0];
      c2[i] = static_cast<std::uint32_t>(a >> 32) ^ c3[i] ^ key[1];
      c1[i] = static_cast<std::uint32_t>(b);
      c3[i] = static_cast<std::uint32_t>(a);
    }
    key[0] += 0x9E3779B9u;
    key[1] += 0xBB67AE85u;
  }
  for (int i = 0; i < lanes; ++i) {
    out[4 * i] = c0[i];
    out[4 * i + 1] = c1[i];
    out[4 * i + 2] = c2[i];
    out[4 * i + 3] = c3[i];
  }
}

/// Calls f(first column, count, words) for pieces of [0, cols) of a row.
template <class F>
void for_random_words(random_stream r, index_t row, index_t cols, F f) {
  std::uint32_t words[words_at_once];
  for (index_t col = 0; col < cols; col += words_at_once) {
    random_words(r, row, col, words);
    f(col, std::min(words_at_once, cols - col), words);
  }
}

/// y = keep ? x / (1-p) : 0 for the columns [0, n) of a row of the mask; y may be x.
inline void drop_row(random_stream r, index_t row, double p, const float* x, float* y, index_t n) {
  const std::uint32_t threshold = drop_below(p);
  const auto factor = static_cast<float>(1 / (1 - p));
  for_random_words(r, row, n, [&](index_t first, index_t count, const std::uint32_t* words) {
#pragma omp simd
    for (index_t j = 0; j < count; ++j)
      y[first + j] = words[j] >= threshold ? x[first + j] * factor : 0.0f;
  });
}

/// y = x + (keep ? y / (1-p) : 0), or x + y if p is 0, for the columns [0, n) of a row of the mask.
inline void add_dropped_row(random_stream r, index_t row, double p, const float* x, float* y,
                            index_t n) {
  if (p > 0) drop_row(r, row, p, y, y, n);
#pragma omp simd
  for (index_t j = 0; j < n; ++j) y[j] += x[j];
}

}  // namespace zer0::detail

// The types that every part of zer0 agrees on: tokens, sizes, and a batch of tokens.
#pragma once

#include <cstdint>
#include <type_traits>
#include <vector>

namespace zer0 {

/// A token of a vocabulary. Negative values never name a token; `no_token` marks "none".
using token_id = std::int32_t;
inline constexpr token_id no_token = -1;

/// Sizes, strides and indices.
using index_t = std::int64_t;

/// The type of sums, statistics and gradients of weights when elements are T: float for the 16-bit
/// formats, else T itself.
template <class T>
using wide = std::conditional_t<(sizeof(T) < sizeof(float)), float, T>;

/// Whether T has so few exponents that gradients underflow or overflow in it. True for IEEE half,
/// specialized beside the device that uses it; false for bfloat16, which has the exponents of
/// float.
template <class T>
inline constexpr bool narrow_range = false;

/// N tokens of S sequences, one after another. A padded batch is `rows` sequences of `seq` tokens;
/// a packed one has N = rows*seq tokens that are cut into sequences wherever a document begins.
/// Tokens of different sequences do not see each other, and positions count from 0 in each.
struct token_batch {
  std::vector<token_id> ids;      ///< (N) what the model reads
  std::vector<token_id> targets;  ///< (N) for each of them, the token that follows it
  std::vector<float>
      weights;  ///< (N) 1 where the target is learned from, 0 where it is not (padding, prompt)
  std::vector<std::int32_t> starts;  ///< (S+1) index of the first token of each sequence, then N
  /// (S), or empty: log-probability of each sequence's targets under a reference model, for
  /// preference losses. Sequences 2i and 2i+1 are the answers of pair i, the chosen one first. In
  /// double, because losses subtract large numbers.
  std::vector<double> references = {};

  [[nodiscard]] index_t tokens() const { return static_cast<index_t>(ids.size()); }
  [[nodiscard]] index_t sequences() const {
    return starts.empty() ? 0 : static_cast<index_t>(starts.size()) - 1;
  }

  /// The number of tokens learned from (sum of the weights).
  [[nodiscard]] double target_tokens() const {
    double sum = 0;
    for (const float w : weights) sum += w;
    return sum;
  }
};

}  // namespace zer0

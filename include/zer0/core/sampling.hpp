// How the next token is chosen: the rules, the random number that decides, and the sampler, which
// applies the rules on the host. It defines what choose_tokens of a device computes.
#pragma once

#include <zer0/core/detail/compiled.hpp>
#include <zer0/core/error.hpp>
#include <zer0/core/philox.hpp>
#include <zer0/core/types.hpp>

#include <span>
#include <vector>

namespace zer0 {

/// What the repetition penalty does to the logit of a token that occurred already.
enum class repetition_rule {
  usual,  ///< divides a positive logit and multiplies a negative one: always less likely. Keskar et
          ///< al. 2019, arXiv:1909.05858
  reference,  ///< divides both, as the reference implementation does: a negative logit becomes more
              ///< likely
};

/// How the next token is chosen. The defaults are those of the eval program.
struct sampling {
  double temperature = 0.85;      ///< logits are divided by it; 0: the most likely token, always
  index_t top_k = 0;              ///< only the k most likely tokens; 0: all
  double top_p = 0.85;            ///< the fewest most likely tokens with a total above this; 1: all
  double repetition_penalty = 1;  ///< 1: none
  repetition_rule rule = repetition_rule::usual;
  std::uint64_t seed = 42;

  /// Throws zer0::error naming the value that is out of range.
  void check() const;
};

/// A random number in [0, 1) that depends only on the seed, the sequence and the position, which is
/// how many tokens were drawn for the sequence before.
[[nodiscard]] constexpr double sampling_uniform(std::uint64_t seed, index_t sequence,
                                                index_t position) {
  const auto words =
      philox4x32({static_cast<std::uint32_t>(position), static_cast<std::uint32_t>(position >> 32),
                  static_cast<std::uint32_t>(sequence), 0},
                 philox_key_of(seed));
  return (static_cast<double>(words[0]) + static_cast<double>(words[1] >> 11) * 0x1p-21) * 0x1p-32;
}

/// Turns logits into probabilities and draws from them. Memory: a few numbers per token of the
/// vocabulary, reused by each call.
class sampler {
 public:
  explicit sampler(sampling rules = {});
  void set_rules(const sampling& rules);

  /// Probabilities (V) of the next token after `history`; tokens that are ruled out have exactly 0.
  /// Steps: repetition penalty, temperature, softmax, top-k, top-p of what top-k leaves, scaling to
  /// sum 1. At temperature 0 the most likely token (of equals, the first) has probability 1. The
  /// result is valid until the next call. Throws zer0::error if a logit is NaN. Source of top-p:
  /// Holtzman et al. 2020, arXiv:1904.09751.
  std::span<const double> probabilities(std::span<const float> logits,
                                        std::span<const token_id> history);

  /// Draws a token from `probabilities`. The random number depends only on the seed, the sequence
  /// and the position (sampling_uniform).
  [[nodiscard]] token_id draw(std::span<const double> probabilities, index_t sequence,
                              index_t position) const;

  /// `draw` from `probabilities(logits, history)`.
  token_id next(std::span<const float> logits, std::span<const token_id> history, index_t sequence,
                index_t position);

  /// Whether no logit is NaN.
  [[nodiscard]] static bool are_numbers(std::span<const float> logits);

 private:
  void penalize(std::span<const token_id> history);
  std::span<const double> only_the_best();
  void softmax();
  /// Sets all but the tokens that top-k and top-p keep to 0, and scales these to sum 1. Takes the
  /// largest from a heap until there are enough: usually few of a large vocabulary.
  void keep_most_likely();
  /// Sum of the n largest scores.
  double largest_sum(index_t n);

  struct kept_token {
    std::size_t token;
    double probability;
  };
  sampling rules_;
  std::vector<double> scores_, sorted_;
  std::vector<char> seen_;
  std::vector<token_id> order_;
  std::vector<kept_token> kept_;
};

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/core/detail/sampling.ipp>
#endif

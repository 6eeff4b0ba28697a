// How the next token is chosen: the rules, the random number that decides, and the sampler, which
// goes by them on the host. What choose_tokens of a device means.
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
  double temperature = 0.85;  ///< logits are divided by it; 0: the most likely token, always
  index_t top_k = 0;          ///< only the k most likely tokens; 0: all
  double top_p = 0.85;  ///< the fewest most likely tokens whose probabilities exceed it; 1: all
  double repetition_penalty = 1;  ///< 1: none
  repetition_rule rule = repetition_rule::usual;
  std::uint64_t seed = 42;

  /// Throws zer0::error naming the value that is out of range.
  void check() const;
};

/// A number in [0, 1) that depends on the seed, the sequence and how many tokens were drawn for it
/// before.
[[nodiscard]] constexpr double sampling_uniform(std::uint64_t seed, index_t sequence,
                                                index_t position) {
  const auto words =
      philox4x32({static_cast<std::uint32_t>(position), static_cast<std::uint32_t>(position >> 32),
                  static_cast<std::uint32_t>(sequence), 0},
                 philox_key_of(seed));
  return (static_cast<double>(words[0]) + static_cast<double>(words[1] >> 11) * 0x1p-21) * 0x1p-32;
}

/// Turns logits into probabilities and draws from them. Reusable memory: a few numbers a token of
/// the vocabulary.
class sampler {
 public:
  explicit sampler(sampling rules = {});
  void set_rules(const sampling& rules);

  /// Probabilities (V) of the next token after `history`; tokens ruled out are exactly 0. In this
  /// order: repetition penalty, temperature, top-k, top-p, softmax. At temperature 0 the most
  /// likely token has probability 1 (the first one of equals). Valid until the next call. Throws
  /// zer0::error for a logit that is not a number. Source of top-p: Holtzman et al. 2020,
  /// arXiv:1904.09751.
  std::span<const double> probabilities(std::span<const float> logits,
                                        std::span<const token_id> history);

  /// Draws a token from probabilities: the random number depends on the seed, the sequence and the
  /// position alone.
  [[nodiscard]] token_id draw(std::span<const double> probabilities, index_t sequence,
                              index_t position) const;

  token_id next(std::span<const float> logits, std::span<const token_id> history, index_t sequence,
                index_t position);

  [[nodiscard]] static bool are_numbers(std::span<const float> logits);

 private:
  void penalize(std::span<const token_id> history);
  std::span<const double> only_the_best();
  void softmax();
  /// Sets all but the chosen few to 0 and scales these to sum 1. Takes the largest from a heap
  /// until there are enough, which for a usual distribution are few of a large vocabulary.
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

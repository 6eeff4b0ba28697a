// The sampler: from logits to the next token, on the host. What choose_tokens of a device means.
#pragma once

#include <zer0/core/detail/compiled.hpp>
#include <zer0/core/sampling.hpp>
#include <zer0/core/types.hpp>

#include <span>
#include <vector>

namespace zer0 {

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
#include <zer0/device/detail/sampler.ipp>
#endif

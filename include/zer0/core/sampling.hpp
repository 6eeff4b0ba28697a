// How the next token is chosen, and the random number that decides.
#pragma once

#include <zer0/core/detail/compiled.hpp>
#include <zer0/core/error.hpp>
#include <zer0/core/philox.hpp>
#include <zer0/core/types.hpp>

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

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/core/detail/sampling.ipp>
#endif

// The arithmetic that a training step cannot avoid.
#pragma once

#include <zer0/core/dims.hpp>

namespace bench {

/// Floating-point operations of forward and backward a token: 6 for each weight of a product (the
/// head's included, the embedding's lookup not), and 12 C for each key that each head's query sees,
/// (T+1)/2 on average. What is recomputed does not count.
inline double training_flops_per_token(const zer0::dims& s, double seq) {
  const auto d = static_cast<double>(s.dim);
  const auto heads = static_cast<double>(s.n_heads * s.head_size());
  const auto kv = static_cast<double>(s.kv_heads() * s.head_size());
  const double weights = static_cast<double>(s.n_layers) *
                             (d * (2 * heads + 2 * kv) + 3 * d * static_cast<double>(s.hidden())) +
                         d * static_cast<double>(s.vocab_size);
  const double attention = static_cast<double>(s.n_layers) * 12 * heads * (seq + 1) / 2;
  return 6 * weights + attention;
}

}  // namespace bench

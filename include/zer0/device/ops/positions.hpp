// Rotary positions. Su et al. 2021, arXiv:2104.09864.
//
// Letters: N tokens, C the width of a head. Rules common to all groups: device/device.hpp.
#pragma once

#include <zer0/device/ops/operands.hpp>

namespace zer0 {

/// Which two elements of a head a rotary embedding turns together.
enum class rope_pairing {
  interleaved,  ///< (x[2j], x[2j+1]): the original weights of Llama
  half_split,   ///< (x[j], x[j + C/2]): Hugging Face models
};

/// `backward` turns by the opposite angle, as gradients need.
enum class rope_direction { forward, backward };

template <class D>
struct rotate_operands {
  required<rope_pairing> pairing;
  required<rope_direction> direction;
  required<index_t> head_dim;                ///< C
  required<id_span> positions;               ///< (N)
  required<const_wide_span<D>> frequencies;  ///< (C/2), radians per position
  required<double> magnitude;                ///< cos and sin are multiplied by it
  required<view<D>> x;                       ///< (N, heads*C), turned in place
};

/// Turns pair j of each head of token n by the angle positions[n] * frequencies[j]. Angles are
/// computed in double, then rounded.
template <std::derived_from<computes_nothing> D>
void rotate(D& /*d*/, const rotate_operands<D>& /*of*/) {}

template <class D>
concept position_operations =
    requires(D& d, id_span positions, const_wide_span<D> frequencies, view<D> x) {
      rotate(d, {.pairing = rope_pairing::interleaved,
                 .direction = rope_direction::forward,
                 .head_dim = 2,
                 .positions = positions,
                 .frequencies = frequencies,
                 .magnitude = 1,
                 .x = x});
    };

}  // namespace zer0

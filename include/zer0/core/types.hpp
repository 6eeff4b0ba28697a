// The integer types that every part of zer0 agrees on.
#pragma once

#include <cstdint>
#include <type_traits>

namespace zer0 {

/// A token of a vocabulary. Negative values never name a token; `no_token` marks "none".
using token_id = std::int32_t;
inline constexpr token_id no_token = -1;

/// Sizes, strides and indices.
using index_t = std::int64_t;

/// What sums, statistics and gradients of weights are held in when elements are T: T itself, or
/// float for the 16-bit formats.
template <class T>
using wide = std::conditional_t<(sizeof(T) < sizeof(float)), float, T>;

/// Are the exponents of T so few that gradients vanish or overflow in it? True of IEEE half, whose
/// header says so; not of bfloat16, which has those of float.
template <class T>
inline constexpr bool narrow_range = false;

}  // namespace zer0

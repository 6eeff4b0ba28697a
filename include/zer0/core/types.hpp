// The integer types that every part of zer0 agrees on.
#pragma once

#include <cstdint>

namespace zer0 {

/// A token of a vocabulary. Negative values never name a token; `no_token` marks "none".
using token_id = std::int32_t;
inline constexpr token_id no_token = -1;

/// Sizes, strides and indices.
using index_t = std::int64_t;

}  // namespace zer0

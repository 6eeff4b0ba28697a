// Heads that are known when a program is compiled, checked then.
#pragma once

#include <zer0/core/types.hpp>

namespace zer0 {

/// `static_assert(zer0::check_heads<8, 2>())`: do 8 query heads share 2 key/value heads in groups of equal size? Sizes
/// are values, and dims::check says the same of them when a model is made; this is for a program whose heads are
/// constants.
template <index_t Heads, index_t KvHeads>
consteval bool check_heads() {
  static_assert(
      Heads > 0 && KvHeads > 0 && Heads % KvHeads == 0,
      "zer0: query heads cannot be grouped: n_heads must be a multiple of n_kv_heads, as check_heads<8, 2>()");
  return true;
}

}  // namespace zer0

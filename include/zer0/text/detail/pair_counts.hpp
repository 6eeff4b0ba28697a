// A number for each pair of tokens.
#pragma once

#include <zer0/core/types.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace zer0::detail {

/// A pair of tokens as one number; its order is that of (left, right).
using pair_key = std::uint64_t;

inline pair_key key_of_pair(token_id left, token_id right) {
  return static_cast<pair_key>(static_cast<std::uint32_t>(left)) << 32 | static_cast<std::uint32_t>(right);
}
inline token_id left_of(pair_key pair) { return static_cast<token_id>(pair >> 32); }
inline token_id right_of(pair_key pair) { return static_cast<token_id>(pair & 0xFFFFFFFFU); }

/// Open addressing, at most half full. Memory: 32 to 64 bytes a pair.
class pair_counts {
 public:
  pair_counts() : slots_(1024) {}

  /// The count of a pair, 0 if it is new. The reference holds until the next call.
  std::int64_t& operator[](pair_key pair) {
    if (2 * used_ >= slots_.size()) grow();
    slot& found = slots_[find(pair)];
    if (found.pair == empty) {
      found.pair = pair;
      ++used_;
    }
    return found.count;
  }

 private:
  static constexpr pair_key empty = ~pair_key{0};  // ids are not negative, so no pair has this key

  struct slot {
    pair_key pair = empty;
    std::int64_t count = 0;
  };

  [[nodiscard]] std::size_t find(pair_key pair) const {
    std::size_t i = static_cast<std::size_t>((pair ^ pair >> 29) * 0x9E3779B97F4A7C15ULL >> 20) & (slots_.size() - 1);
    while (slots_[i].pair != pair && slots_[i].pair != empty) i = (i + 1) & (slots_.size() - 1);
    return i;
  }

  void grow() {
    std::vector<slot> old(2 * slots_.size());
    old.swap(slots_);
    for (const slot& s : old)
      if (s.pair != empty) slots_[find(s.pair)] = s;
  }

  std::vector<slot> slots_;
  std::size_t used_ = 0;
};

}  // namespace zer0::detail

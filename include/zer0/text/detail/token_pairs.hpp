// Hash tables whose keys are pairs of tokens.
#pragma once

#include <zer0/core/types.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

namespace zer0::detail {

/// A pair of tokens as one number; its order is that of (left, right).
using pair_key = std::uint64_t;

inline pair_key key_of_pair(token_id left, token_id right) {
  return static_cast<pair_key>(static_cast<std::uint32_t>(left)) << 32 |
         static_cast<std::uint32_t>(right);
}
inline token_id left_of(pair_key pair) { return static_cast<token_id>(pair >> 32); }
inline token_id right_of(pair_key pair) { return static_cast<token_id>(pair & 0xFFFFFFFFU); }

/// A count for each pair: open addressing, at most half full. Memory: 32 to 64 bytes a pair.
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
    std::size_t i = static_cast<std::size_t>((pair ^ pair >> 29) * 0x9E3779B97F4A7C15ULL >> 20) &
                    (slots_.size() - 1);
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

/// The token that two neighbours become, and the rank of their merge: lower ranks merge first.
struct bpe_merge {
  static constexpr std::uint32_t never = std::numeric_limits<std::uint32_t>::max();
  std::uint32_t rank = never;
  token_id result = no_token;
};

/// (left, right) -> merge: open addressing, at most half full.
class merge_table {
 public:
  explicit merge_table(std::size_t merges = 0) {
    std::size_t size = 16;
    while (size < 2 * merges) size *= 2;
    slots_.resize(size);
    shift_ = 64;
    for (std::size_t n = size; n > 1; n /= 2) --shift_;
    filter_.resize(size * filter_bits / 64);
  }

  /// If a pair is given twice its last rank counts. There is room for as many pairs as the
  /// constructor was told.
  void set(token_id left, token_id right, bpe_merge value) {
    const pair_key key = key_of_pair(left, right);
    const std::uint64_t hash = hash_of(key);
    filter_[filter_bit(hash) / 64] |= std::uint64_t{1} << filter_bit(hash) % 64;
    std::size_t i = first(hash);
    while (slots_[i].key != key && slots_[i].key != empty) i = (i + 1) & (slots_.size() - 1);
    slots_[i] = {key, value};
  }

  [[nodiscard]] bpe_merge get(token_id left, token_id right) const {
    const pair_key key = key_of_pair(left, right);
    const std::uint64_t hash = hash_of(key);
    if ((filter_[filter_bit(hash) / 64] >> filter_bit(hash) % 64 & 1) == 0) return {};
    for (std::size_t i = first(hash);; i = (i + 1) & (slots_.size() - 1)) {
      if (slots_[i].key == key) return slots_[i].value;
      if (slots_[i].key == empty) return {};
    }
  }

 private:
  static constexpr pair_key empty = ~pair_key{0};  // ids are not negative, so no pair has this key

  struct slot {
    pair_key key = empty;
    bpe_merge value;
  };

  static std::uint64_t hash_of(pair_key key) { return (key ^ key >> 29) * 0x9E3779B97F4A7C15ULL; }
  [[nodiscard]] std::size_t first(std::uint64_t hash) const {
    return static_cast<std::size_t>(hash >> shift_);
  }
  [[nodiscard]] std::size_t filter_bit(std::uint64_t hash) const {
    return static_cast<std::size_t>(hash >> (shift_ - 3));
  }

  // Most pairs that are asked for do not merge. One bit for each of 8 times as many hashes as slots
  // tells so without touching the slots, which are too many for the processor's near caches.
  static constexpr std::size_t filter_bits = 8;
  std::vector<std::uint64_t> filter_;
  std::vector<slot> slots_;
  int shift_ = 60;
};

}  // namespace zer0::detail

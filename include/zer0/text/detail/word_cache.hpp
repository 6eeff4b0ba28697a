// Remembers the tokens of short words: natural text repeats the same few thousand of them.
#pragma once

#include <zer0/core/types.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

namespace zer0::detail {

/// A fixed number of words, two places for each hash, one cache line a word. Memory: 2 MiB. For one
/// thread.
class word_cache {
 public:
  static constexpr std::size_t max_bytes = 30;
  static constexpr std::size_t max_tokens = 8;

  /// memcmp(a, b, size) == 0 without a call: by loads that overlap.
  static bool same(const char* a, const char* b, std::size_t size) {
    if (size < 8) return tail(a, size) == tail(b, size);
    for (std::size_t i = 0; i + 8 < size; i += 8) {
      if (load<8>(a + i) != load<8>(b + i)) return false;
    }
    return load<8>(a + size - 8) == load<8>(b + size - 8);
  }

  struct alignas(64) entry {
    std::uint8_t bytes = 0;
    std::uint8_t tokens = 0;
    std::array<char, max_bytes> word{};
    std::array<token_id, max_tokens> ids{};

    [[nodiscard]] bool holds(std::string_view other) const {
      return bytes == other.size() && same(word.data(), other.data(), other.size());
    }
  };
  static_assert(sizeof(entry) == 64);

  word_cache() : entries_(std::size_t{1} << bits) {}

  static bool fits(std::string_view word) { return word.size() <= max_bytes; }

  static std::uint64_t hash(std::string_view word) {
    std::uint64_t mixed = word.size() * multiplier;
    const char* p = word.data();
    std::size_t left = word.size();
    for (; left >= 8; p += 8, left -= 8) mixed = mix(mixed, load<8>(p));
    return mix(mixed, tail(p, left));
  }

  /// The entry of a word that fits, or null.
  [[nodiscard]] const entry* find(std::string_view word, std::uint64_t hash) const {
    const entry* const pair = &entries_[place(hash)];
    if (pair[0].holds(word)) return pair;
    return pair[1].holds(word) ? pair + 1 : nullptr;
  }

  /// Keeps a word in place of the older of the two that share its place. Words of more than
  /// `max_tokens` tokens are not kept.
  void insert(std::string_view word, std::uint64_t hash, const token_id* ids, std::size_t count) {
    if (count > max_tokens) return;
    entry* const pair = &entries_[place(hash)];
    pair[1] = pair[0];
    pair[0].bytes = static_cast<std::uint8_t>(word.size());
    pair[0].tokens = static_cast<std::uint8_t>(count);
    std::memcpy(pair[0].word.data(), word.data(), word.size());
    if (count > 0) std::memcpy(pair[0].ids.data(), ids, count * sizeof(token_id));
  }

 private:
  static constexpr int bits = 15;
  static constexpr std::uint64_t multiplier = 0x9E3779B97F4A7C15ULL;

  template <std::size_t Bytes>
  static std::uint64_t load(const char* p) {
    std::uint64_t value = 0;
    std::memcpy(&value, p, Bytes);
    return value;
  }

  /// The last 0 to 7 bytes as a number, by loads that overlap instead of a loop.
  static std::uint64_t tail(const char* p, std::size_t left) {
    if (left >= 4) return load<4>(p) | load<4>(p + left - 4) << 32;
    if (left == 0) return 0;
    return load<1>(p) | load<1>(p + left / 2) << 8 | load<1>(p + left - 1) << 16;
  }

  static std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
    const std::uint64_t product = (a ^ b) * multiplier;
    return product ^ product >> 32;
  }

  static std::size_t place(std::uint64_t hash) {
    return static_cast<std::size_t>(hash * multiplier >> (64 - bits)) & ~std::size_t{1};
  }

  std::vector<entry> entries_;
};

}  // namespace zer0::detail

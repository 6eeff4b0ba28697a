// A fast hash of the content of files.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace zer0::detail {

/// A number that depends on the bytes alone and, almost surely, differs for texts that differ.
/// Several GB/s. Made like XXH64 (Collet 2012), with four running sums, but it does not give
/// XXH64's numbers.
[[nodiscard]] inline std::uint64_t content_hash(std::string_view bytes) {
  constexpr std::uint64_t a = 0x9e3779b97f4a7c15u;  // 2^64 over the golden ratio
  constexpr std::uint64_t b = 0xc2b2ae3d27d4eb4fu;
  const auto mixed = [](std::uint64_t sum, std::uint64_t word) {
    return std::rotl(sum + word * b, 31) * a;
  };
  std::array<std::uint64_t, 4> sums{a, b, a ^ b, a + b};
  std::array<std::uint64_t, 4> words{};
  const char* p = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= sizeof words; left -= sizeof words, p += sizeof words) {
    std::memcpy(words.data(), p, sizeof words);
    for (std::size_t i = 0; i < 4; ++i) sums[i] = mixed(sums[i], words[i]);
  }
  words = {};
  if (left > 0) std::memcpy(words.data(), p, left);
  std::uint64_t hash = bytes.size() * a;
  for (std::size_t i = 0; i < 4; ++i) hash = mixed(mixed(hash, sums[i]), words[i]);
  hash = (hash ^ hash >> 33) * b;
  hash = (hash ^ hash >> 29) * a;
  return hash ^ hash >> 32;
}

}  // namespace zer0::detail

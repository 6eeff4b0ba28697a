// Bodies of zer0/recipe/detail/fingerprint.hpp.
#pragma once

#include <zer0/recipe/detail/fingerprint.hpp>

#include <cstring>

namespace zer0::detail {

ZER0_INLINE void fingerprint::add(std::string_view text) {
  for (const char c : text) add(static_cast<std::uint64_t>(static_cast<unsigned char>(c)));
  add(std::uint64_t{256});  // no character: where one text ends and the next begins
}

ZER0_INLINE void fingerprint::add(std::span<const std::byte> bytes) {
  for (std::size_t i = 0; i < bytes.size(); i += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + i, std::min<std::size_t>(8, bytes.size() - i));
    add(word);
  }
}

}  // namespace zer0::detail

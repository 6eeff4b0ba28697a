// The byte-level alphabet: 256 printable characters that stand for the 256 bytes in vocabularies of the GPT-2 kind.
#pragma once

#include <zer0/text/utf8.hpp>

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace zer0::detail {

/// Bytes that are printable in Latin-1 stand for themselves; the other 68, in order, are U+0100, U+0101, ...
inline const std::array<char32_t, 256>& byte_level_alphabet() {
  static const std::array<char32_t, 256> alphabet = [] {
    std::array<char32_t, 256> map{};
    char32_t next = 0x100;
    for (char32_t byte = 0; byte < 256; ++byte) {
      const bool printable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
      map[byte] = printable ? byte : next++;
    }
    return map;
  }();
  return alphabet;
}

/// The byte that a character stands for.
inline std::optional<unsigned char> byte_level_byte(char32_t code) {
  static const std::array<int, 0x144> bytes = [] {
    std::array<int, 0x144> map{};
    map.fill(-1);
    for (int byte = 0; byte < 256; ++byte) map[byte_level_alphabet()[static_cast<std::size_t>(byte)]] = byte;
    return map;
  }();
  if (code >= bytes.size() || bytes[code] < 0) return std::nullopt;
  return static_cast<unsigned char>(bytes[code]);
}

/// The bytes that a token spells; nothing if a character of it is outside the alphabet. `token` is valid UTF-8.
inline std::optional<std::string> byte_level_decode(std::string_view token) {
  std::string bytes;
  const char* const end = token.data() + token.size();
  for (const char* p = token.data(); p < end;) {
    const utf8_char c = read_utf8(p, end);
    const std::optional<unsigned char> byte = byte_level_byte(c.code);
    if (!byte) return std::nullopt;
    bytes.push_back(static_cast<char>(*byte));
    p += c.length;
  }
  return bytes;
}

}  // namespace zer0::detail

// UTF-8: reading one character, finding what is not UTF-8, and showing bytes.
#pragma once

#include <zer0/core/detail/compiled.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace zer0 {

/// What is found at a place of a byte string: a character, or a part that is not UTF-8.
struct utf8_char {
  char32_t code = U'\uFFFD';  ///< the code point, U+FFFD if there is none
  int length = 1;  ///< its bytes; if broken, those of its maximal broken part (Unicode 15,
                   ///< section 3.9, table 3-8)
  bool valid = false;
  bool cut = false;  ///< broken only because the text ends here: more bytes could complete it
};

/// The character that begins at `p` (p < end).
inline utf8_char read_utf8(const char* p, const char* end) {
  const auto lead = static_cast<unsigned char>(*p);
  if (lead < 0x80) return {lead, 1, true, false};
  if (lead < 0xC2 || lead > 0xF4) return {};
  const int length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  char32_t code = lead & (0x7FU >> length);
  // The second byte has a narrower range where a wider one would allow overlong forms, surrogates
  // or more than U+10FFFF.
  unsigned low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  unsigned high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  for (int i = 1; i < length; ++i) {
    if (p + i == end) return {U'\uFFFD', i, false, true};
    const auto byte = static_cast<unsigned char>(p[i]);
    if (byte < low || byte > high) return {U'\uFFFD', i, false, false};
    code = code << 6 | (byte & 0x3FU);
    low = 0x80;
    high = 0xBF;
  }
  return {code, length, true, false};
}

namespace detail {

/// The number of leading bytes of `text` below 0x80, a word at a time.
inline std::size_t ascii_prefix(std::string_view text) {
  std::size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + i, 8);
    if ((word & 0x8080808080808080ULL) != 0) break;
  }
  while (i < text.size() && static_cast<unsigned char>(text[i]) < 0x80) ++i;
  return i;
}

}  // namespace detail

/// The offset of the first byte that is not UTF-8, or npos.
std::size_t find_invalid_utf8(std::string_view text);

/// Bytes, such as those of a token, in a form that people can read: characters as they are; control
/// characters and bytes that are not UTF-8 as \x0A.
[[nodiscard]] std::string readable_bytes(std::string_view bytes);

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/text/detail/utf8.ipp>
#endif

// Writing UTF-8, and reading it backwards.
#pragma once

#include <zer0/core/detail/compiled.hpp>
#include <zer0/text/utf8.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace zer0::detail {

/// The character before `p` (begin < p) in valid UTF-8.
inline utf8_char read_utf8_before(const char* begin, const char* p) {
  const char* start = p - 1;
  while (start > begin && (static_cast<unsigned char>(*start) & 0xC0U) == 0x80) --start;
  return read_utf8(start, p);
}

/// Appends the UTF-8 form of a code point.
void append_utf8(std::string& to, char32_t code);

/// Appends `bytes`, each maximal broken part replaced by U+FFFD. With `keep_cut`, a character that
/// the end of `bytes` cuts is left out. Returns how many bytes were used.
std::size_t append_lossy_utf8(std::string& to, std::string_view bytes, bool keep_cut = false);

}  // namespace zer0::detail

#ifndef ZER0_COMPILED
#include <zer0/text/detail/utf8_text.ipp>
#endif

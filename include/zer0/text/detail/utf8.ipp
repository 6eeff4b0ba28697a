// Bodies of zer0/text/utf8.hpp.
#pragma once

#include <zer0/text/utf8.hpp>

namespace zer0 {

ZER0_INLINE std::size_t find_invalid_utf8(std::string_view text) {
  const char* const end = text.data() + text.size();
  for (std::size_t i = 0; i < text.size();) {
    if (static_cast<unsigned char>(text[i]) < 0x80) {
      i += detail::ascii_prefix(text.substr(i));
      continue;
    }
    const utf8_char c = read_utf8(text.data() + i, end);
    if (!c.valid) return i;
    i += static_cast<std::size_t>(c.length);
  }
  return std::string_view::npos;
}

}  // namespace zer0

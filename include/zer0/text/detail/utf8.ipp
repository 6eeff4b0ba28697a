// Bodies of zer0/text/utf8.hpp.
#pragma once

#include <zer0/text/utf8.hpp>

#include <cstdio>

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

ZER0_INLINE std::string readable_bytes(std::string_view bytes) {
  std::string text;
  while (!bytes.empty()) {
    const utf8_char c = read_utf8(bytes.data(), bytes.data() + bytes.size());
    const std::string_view part = bytes.substr(0, static_cast<std::size_t>(c.length));
    bytes.remove_prefix(part.size());
    if (c.valid && c.code >= 0x20 && c.code != 0x7F) {
      text += part;
      continue;
    }
    for (const char byte : part) {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\x%02X", static_cast<unsigned char>(byte));
      text += escaped;
    }
  }
  return text;
}

}  // namespace zer0

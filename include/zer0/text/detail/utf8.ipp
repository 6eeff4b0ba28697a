// Bodies of zer0/text/utf8.hpp.
#pragma once

#include <zer0/text/utf8.hpp>

#include <cstdio>

namespace zer0 {

ZER0_INLINE void append_utf8(std::string& to, char32_t code) {
  const auto put = [&](char32_t byte) {
    to.push_back(static_cast<char>(static_cast<unsigned char>(byte)));
  };
  if (code < 0x80) return put(code);
  if (code < 0x800) {
    put(0xC0 | code >> 6);
  } else {
    if (code < 0x10000) {
      put(0xE0 | code >> 12);
    } else {
      put(0xF0 | code >> 18);
      put(0x80 | (code >> 12 & 0x3F));
    }
    put(0x80 | (code >> 6 & 0x3F));
  }
  put(0x80 | (code & 0x3F));
}

ZER0_INLINE std::size_t find_invalid_utf8(std::string_view text) {
  const char* const end = text.data() + text.size();
  for (std::size_t i = 0; i < text.size();) {
    if (static_cast<unsigned char>(text[i]) < 0x80) {
      i += ascii_prefix(text.substr(i));
      continue;
    }
    const utf8_char c = read_utf8(text.data() + i, end);
    if (!c.valid) return i;
    i += static_cast<std::size_t>(c.length);
  }
  return std::string_view::npos;
}

ZER0_INLINE std::size_t append_lossy_utf8(std::string& to, std::string_view bytes, bool keep_cut) {
  const char* const end = bytes.data() + bytes.size();
  std::size_t i = 0;
  while (i < bytes.size()) {
    const std::size_t plain = ascii_prefix(bytes.substr(i));
    to.append(bytes, i, plain);
    i += plain;
    if (i == bytes.size()) break;
    const utf8_char c = read_utf8(bytes.data() + i, end);
    if (c.cut && keep_cut) break;
    if (c.valid)
      to.append(bytes, i, static_cast<std::size_t>(c.length));
    else
      to += "\xEF\xBF\xBD";
    i += static_cast<std::size_t>(c.length);
  }
  return i;
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

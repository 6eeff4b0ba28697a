// Bodies of zer0/text/detail/utf8_text.hpp.
#pragma once

#include <zer0/text/detail/utf8_text.hpp>

namespace zer0::detail {

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

}  // namespace zer0::detail

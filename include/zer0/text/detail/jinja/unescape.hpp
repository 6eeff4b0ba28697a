// What the inside of a string literal means: Python's backslash escapes.
#pragma once

#include <zer0/core/error.hpp>
#include <zer0/text/utf8.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace zer0::jinja {

namespace detail {

/// Reads up to `most` digits of the base at `i`, at least `least`; moves `i` behind them.
inline char32_t escape_digits(std::string_view text, std::size_t& i, char32_t base, std::size_t least,
                              std::size_t most) {
  char32_t code = 0;
  std::size_t n = 0;
  for (; n < most && i < text.size(); ++n, ++i) {
    const char c = text[i];
    const int digit = c >= '0' && c <= '9'   ? c - '0'
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                             : 99;
    if (static_cast<char32_t>(digit) >= base) break;
    code = code * base + static_cast<char32_t>(digit);
  }
  require(n >= least, "a string has an escape of too few digits");
  return code;
}

}  // namespace detail

/// Throws `error` for an escape that names no character. Unknown escapes stand for themselves, backslash included.
inline std::string unescape(std::string_view text) {
  static constexpr std::string_view plain = "abfnrtv\\'\"";
  static constexpr std::string_view meant = "\a\b\f\n\r\t\v\\'\"";
  std::string to;
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      to += text[i++];
      continue;
    }
    const char c = text[i + 1];
    i += 2;
    char32_t code = 0;
    if (const std::size_t known = plain.find(c); known != std::string_view::npos) {
      to += meant[known];
      continue;
    }
    if (c == '\n') continue;
    if (c >= '0' && c <= '7')
      code = detail::escape_digits(text, --i, 8, 1, 3);
    else if (c == 'x')
      code = detail::escape_digits(text, i, 16, 2, 2);
    else if (c == 'u')
      code = detail::escape_digits(text, i, 16, 4, 4);
    else if (c == 'U')
      code = detail::escape_digits(text, i, 16, 8, 8);
    else {
      require(c != 'N', "a string has the escape \\N{...}, which is not supported; write the character itself");
      (to += '\\') += c;
      continue;
    }
    require(code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF), "a string has an escape that names no character");
    append_utf8(to, code);
  }
  return to;
}

}  // namespace zer0::jinja

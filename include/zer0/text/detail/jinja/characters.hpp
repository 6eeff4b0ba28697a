// Characters as Python sees them: white space, letters' case, indices, escapes.
#pragma once

#include <zer0/core/error.hpp>
#include <zer0/text/detail/utf8_text.hpp>
#include <zer0/text/utf8.hpp>

#include <utf8proc.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace zer0::detail::jinja {

/// str.isspace of one character.
inline bool is_space(char32_t c) {
  if (c < 0x80) return c == ' ' || (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x1F);
  return c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 ||
         c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

inline utf8proc_category_t category(char32_t c) {
  return utf8proc_category(static_cast<utf8proc_int32_t>(c));
}
inline bool is_upper(char32_t c) { return category(c) == UTF8PROC_CATEGORY_LU; }
inline bool is_lower(char32_t c) { return category(c) == UTF8PROC_CATEGORY_LL; }
inline bool is_cased(char32_t c) {
  return is_upper(c) || is_lower(c) || category(c) == UTF8PROC_CATEGORY_LT;
}
inline bool is_alpha(char32_t c) {
  const utf8proc_category_t k = category(c);
  return k >= UTF8PROC_CATEGORY_LU && k <= UTF8PROC_CATEGORY_LO;
}
inline bool is_digit(char32_t c) { return category(c) == UTF8PROC_CATEGORY_ND; }

/// Appends the upper-case form; one character for one, but for the German sharp s.
inline void append_upper(std::string& to, char32_t c) {
  if (c == 0xDF)
    to += "SS";
  else
    append_utf8(to, static_cast<char32_t>(utf8proc_toupper(static_cast<utf8proc_int32_t>(c))));
}
inline void append_lower(std::string& to, char32_t c) {
  append_utf8(to, static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(c))));
}

/// Calls f(code, offset, bytes) for each character.
template <class F>
void each_character(std::string_view text, F&& f) {
  for (std::size_t i = 0; i < text.size();) {
    const utf8_char c = read_utf8(text.data() + i, text.data() + text.size());
    f(c.code, i, static_cast<std::size_t>(c.length));
    i += static_cast<std::size_t>(c.length);
  }
}

inline std::size_t length(std::string_view text) {
  std::size_t n = 0;
  for (const char c : text) n += (static_cast<unsigned char>(c) & 0xC0U) != 0x80 ? 1 : 0;
  return n;
}

/// The byte offset of character `index`; the size of the text if there are fewer.
inline std::size_t offset_of(std::string_view text, std::size_t index) {
  std::size_t i = 0;
  while (i < text.size() && index > 0) {
    ++i;
    while (i < text.size() && (static_cast<unsigned char>(text[i]) & 0xC0U) == 0x80) ++i;
    --index;
  }
  return i;
}

inline std::string upper(std::string_view text) {
  std::string to;
  each_character(text, [&](char32_t c, std::size_t, std::size_t) { append_upper(to, c); });
  return to;
}

inline std::string lower(std::string_view text) {
  std::string to;
  each_character(text, [&](char32_t c, std::size_t, std::size_t) { append_lower(to, c); });
  return to;
}

/// str.capitalize.
inline std::string capitalize(std::string_view text) {
  const std::size_t first = offset_of(text, 1);
  return upper(text.substr(0, first)) + lower(text.substr(first));
}

/// str.title: upper case at the start of each run of letters.
inline std::string title(std::string_view text) {
  std::string to;
  bool inside = false;
  each_character(text, [&](char32_t c, std::size_t, std::size_t) {
    inside ? append_lower(to, c) : append_upper(to, c);
    inside = is_cased(c);
  });
  return to;
}

/// Where str.strip with these characters (white space if there are none given) leaves the text:
/// [begin, end).
struct stripped {
  std::size_t begin, end;
};
inline stripped strip(std::string_view text, const std::string_view* characters, bool left,
                      bool right) {
  const auto drop = [&](const utf8_char& c, const char* at) {
    if (characters == nullptr) return is_space(c.code);
    return characters->find(std::string_view(at, static_cast<std::size_t>(c.length))) !=
           std::string_view::npos;
  };
  const char* begin = text.data();
  const char* end = begin + text.size();
  while (left && begin < end) {
    const utf8_char c = read_utf8(begin, end);
    if (!drop(c, begin)) break;
    begin += c.length;
  }
  while (right && begin < end) {
    const utf8_char c = read_utf8_before(begin, end);
    if (!drop(c, end - c.length)) break;
    end -= c.length;
  }
  return {static_cast<std::size_t>(begin - text.data()),
          static_cast<std::size_t>(end - text.data())};
}

/// Reads up to `most` digits of the base at `i`, at least `least`; moves `i` behind them.
inline char32_t escape_digits(std::string_view text, std::size_t& i, char32_t base,
                              std::size_t least, std::size_t most) {
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

/// What the inside of a string literal means: Python's backslash escapes.
/// Throws `error` for an escape that names no character. Unknown escapes stand for themselves,
/// backslash included.
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
      code = escape_digits(text, --i, 8, 1, 3);
    else if (c == 'x')
      code = escape_digits(text, i, 16, 2, 2);
    else if (c == 'u')
      code = escape_digits(text, i, 16, 4, 4);
    else if (c == 'U')
      code = escape_digits(text, i, 16, 8, 8);
    else {
      require(
          c != 'N',
          "a string has the escape \\N{...}, which is not supported; write the character itself");
      (to += '\\') += c;
      continue;
    }
    require(code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF),
            "a string has an escape that names no character");
    append_utf8(to, code);
  }
  return to;
}

}  // namespace zer0::detail::jinja

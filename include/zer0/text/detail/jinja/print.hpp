// str() and repr() of values, as Python prints them.
#pragma once

#include <zer0/text/detail/jinja/characters.hpp>
#include <zer0/text/detail/jinja/environment.hpp>

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <string>
#include <string_view>

namespace zer0::jinja {

/// repr of a float: the shortest digits that give it back, with an exponent below 1e-4 and from 1e16.
inline std::string print_float(double d) {
  if (std::isnan(d)) return "nan";
  if (std::isinf(d)) return d < 0 ? "-inf" : "inf";
  char buffer[64];
  const auto result = std::to_chars(buffer, buffer + sizeof buffer, d, std::chars_format::scientific);
  const std::string_view all(buffer, static_cast<std::size_t>(result.ptr - buffer));
  const std::size_t e = all.find('e');
  std::string digits;
  for (const char c : all.substr(0, e)) {
    if (c >= '0' && c <= '9') digits += c;
  }
  const int exponent = std::atoi(std::string(all.substr(e + 1)).c_str());
  const std::string sign = std::signbit(d) ? "-" : "";
  if (exponent < -4 || exponent >= 16) {
    const std::string power = std::to_string(std::abs(exponent));
    return sign + digits.substr(0, 1) + (digits.size() > 1 ? "." + digits.substr(1) : "") +
           (exponent < 0 ? "e-" : "e+") + (power.size() < 2 ? "0" : "") + power;
  }
  if (exponent < 0) return sign + "0." + std::string(static_cast<std::size_t>(-exponent - 1), '0') + digits;
  const auto whole = static_cast<std::size_t>(exponent) + 1;
  if (digits.size() <= whole) return sign + digits + std::string(whole - digits.size(), '0') + ".0";
  return sign + digits.substr(0, whole) + "." + digits.substr(whole);
}

/// repr of a string.
inline std::string quote(std::string_view text) {
  const bool doubled = text.find('\'') != std::string_view::npos && text.find('"') == std::string_view::npos;
  const char mark = doubled ? '"' : '\'';
  std::string to(1, mark);
  const auto hex = [&](char kind, char32_t c, int digits) {
    to += '\\';
    to += kind;
    for (int i = digits - 1; i >= 0; --i) to += "0123456789abcdef"[c >> (4 * i) & 0xF];
  };
  each_character(text, [&](char32_t c, std::size_t at, std::size_t bytes) {
    const utf8proc_category_t k = category(c);
    const bool control = k == UTF8PROC_CATEGORY_CC || k == UTF8PROC_CATEGORY_CF || k == UTF8PROC_CATEGORY_CN ||
                         k == UTF8PROC_CATEGORY_CO || k == UTF8PROC_CATEGORY_CS || k == UTF8PROC_CATEGORY_ZL ||
                         k == UTF8PROC_CATEGORY_ZP || (k == UTF8PROC_CATEGORY_ZS && c != U' ');
    if (c == static_cast<char32_t>(mark) || c == U'\\')
      (to += '\\') += static_cast<char>(c);
    else if (c == U'\n' || c == U'\r' || c == U'\t')
      (to += '\\') += c == U'\n' ? 'n' : c == U'\r' ? 'r' : 't';
    else if (!control)
      to += text.substr(at, bytes);
    else if (c < 0x100)
      hex('x', c, 2);
    else
      c < 0x10000 ? hex('u', c, 4) : hex('U', c, 8);
  });
  return to += mark;
}

inline void append_repr(const environment& env, const value& v, std::string& to);

inline void append_repr(const environment& env, const list& l, std::string& to) {
  static constexpr const char* open[] = {"[", "(", "dict_keys([", "dict_values([", "dict_items([", "[", "["};
  static constexpr const char* close[] = {"]", ")", "])", "])", "])", "]", "]"};
  to += open[static_cast<int>(l.what)];
  for (std::size_t i = 0; i < l.items.size(); ++i) {
    if (i > 0) to += ", ";
    append_repr(env, l.items[i], to);
    env.fits(to.size());
  }
  if (l.what == list::kind::tuple && l.items.size() == 1) to += ',';
  to += close[static_cast<int>(l.what)];
}

inline void append_repr(const environment& env, const dict& d, std::string& to) {
  to += '{';
  for (std::size_t i = 0; i < d.items.size(); ++i) {
    if (i > 0) to += ", ";
    append_repr(env, d.items[i].first, to);
    to += ": ";
    append_repr(env, d.items[i].second, to);
    env.fits(to.size());
  }
  to += '}';
}

inline void append_repr(const environment& env, const value& v, std::string& to) {
  if (v.is_undefined())
    to += "Undefined";
  else if (v.is_none())
    to += "None";
  else if (v.as_bool() != nullptr)
    to += *v.as_bool() ? "True" : "False";
  else if (v.as_int() != nullptr)
    to += std::to_string(*v.as_int());
  else if (v.as_double() != nullptr)
    to += print_float(*v.as_double());
  else if (v.is_string())
    to += quote(v.as_text()->bytes);
  else if (v.as_list() != nullptr)
    append_repr(env, *v.as_list(), to);
  else if (v.as_dict() != nullptr)
    append_repr(env, *v.as_dict(), to);
  else
    (to += '<') += std::string(v.type()) + ">";  // Python prints an address here, which no template wants
}

/// The marks of all texts inside a value: content, if every text there is content of one message.
inline void collect_marks(environment& env, const value& v, marked_text& to) {
  env.work(1);
  if (v.is_string() && !v.as_text()->marks.empty()) to.append(v.as_text()->become("x"));
  if (v.as_list() != nullptr) {
    for (const value& item : v.as_list()->items) collect_marks(env, item, to);
  }
  if (v.as_dict() != nullptr) {
    for (const auto& [key, item] : v.as_dict()->items) collect_marks(env, item, to);
  }
}

/// A text made of a whole value: what an assistant wrote stays its own, with the punctuation between.
inline marked_text made_of(environment& env, const value& v, std::string text) {
  marked_text marks;
  collect_marks(env, v, marks);
  return marks.become(std::move(text));
}

/// str(v). Undefined prints nothing.
inline marked_text print(environment& env, const value& v) {
  if (v.is_string()) return *v.as_text();
  if (v.is_undefined()) return {};
  std::string text;
  append_repr(env, v, text);
  if (v.as_list() == nullptr && v.as_dict() == nullptr) return text;
  return made_of(env, v, std::move(text));
}

}  // namespace zer0::jinja

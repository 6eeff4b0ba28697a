// Values as text: str() and repr() as Python prints them, and json.dumps().
#pragma once

#include <zer0/text/detail/jinja/characters.hpp>
#include <zer0/text/detail/jinja/environment.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace zer0::detail::jinja {

/// repr of a float: the shortest digits that give it back, with an exponent below 1e-4 and from
/// 1e16.
inline std::string print_float(double d) {
  if (std::isnan(d)) return "nan";
  if (std::isinf(d)) return d < 0 ? "-inf" : "inf";
  char buffer[64];
  const auto result =
      std::to_chars(buffer, buffer + sizeof buffer, d, std::chars_format::scientific);
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
  if (exponent < 0)
    return sign + "0." + std::string(static_cast<std::size_t>(-exponent - 1), '0') + digits;
  const auto whole = static_cast<std::size_t>(exponent) + 1;
  if (digits.size() <= whole) return sign + digits + std::string(whole - digits.size(), '0') + ".0";
  return sign + digits.substr(0, whole) + "." + digits.substr(whole);
}

/// repr of a string.
inline std::string quote(std::string_view text) {
  const bool doubled =
      text.find('\'') != std::string_view::npos && text.find('"') == std::string_view::npos;
  const char mark = doubled ? '"' : '\'';
  std::string to(1, mark);
  const auto hex = [&](char kind, char32_t c, int digits) {
    to += '\\';
    to += kind;
    for (int i = digits - 1; i >= 0; --i) to += "0123456789abcdef"[c >> (4 * i) & 0xF];
  };
  each_character(text, [&](char32_t c, std::size_t at, std::size_t bytes) {
    const utf8proc_category_t k = category(c);
    const bool control = k == UTF8PROC_CATEGORY_CC || k == UTF8PROC_CATEGORY_CF ||
                         k == UTF8PROC_CATEGORY_CN || k == UTF8PROC_CATEGORY_CO ||
                         k == UTF8PROC_CATEGORY_CS || k == UTF8PROC_CATEGORY_ZL ||
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
  static constexpr const char* open[] = {"[", "(", "dict_keys([", "dict_values([", "dict_items([",
                                         "[", "["};
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
    (to += '<') +=
        std::string(v.type()) + ">";  // Python prints an address here, which no template wants
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

/// A text made of a whole value: what an assistant wrote stays its own, with the punctuation
/// between.
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

struct json_style {
  bool ascii = false;
  bool sorted = false;
  bool lines = false;  ///< an element a line, each level indented by `indent`
  std::string indent;
  std::string comma = ", ";
  std::string colon = ": ";
};

/// Writes JSON as json.dumps(ensure_ascii=style.ascii) does.
class json_writer {
 public:
  json_writer(environment& env, const json_style& style) : env_(env), style_(style) {}

  std::string write(const value& v) {
    put(v, 0);
    return std::move(to_);
  }

 private:
  void put(const value& v, int level) {
    env_.work(1);
    env_.fits(to_.size());
    if (v.is_string()) return put_string(v.as_text()->bytes);
    if (v.as_list() != nullptr && is_array(*v.as_list()))
      return put_array(v.as_list()->items, level);
    if (v.as_dict() != nullptr) return put_object(*v.as_dict(), level);
    if (!put_scalar(v)) fail("Object of type ", v.type(), " is not JSON serializable");
  }

  static bool is_array(const list& l) {
    return l.what == list::kind::list || l.what == list::kind::tuple;
  }

  bool put_scalar(const value& v) {
    if (v.is_none())
      to_ += "null";
    else if (v.as_bool() != nullptr)
      to_ += *v.as_bool() ? "true" : "false";
    else if (v.as_int() != nullptr)
      to_ += std::to_string(*v.as_int());
    else if (v.as_double() != nullptr)
      to_ += number(*v.as_double());
    else
      return false;
    return true;
  }

  static std::string number(double d) {
    if (std::isnan(d)) return "NaN";
    if (std::isinf(d)) return d < 0 ? "-Infinity" : "Infinity";
    return print_float(d);
  }

  void put_string(std::string_view s) {
    to_ += '"';
    each_character(s, [&](char32_t c, std::size_t at, std::size_t bytes) {
      static constexpr std::string_view special = "\"\\\n\r\t\f\b";
      static constexpr std::string_view letters = "\"\\nrtfb";
      const std::size_t found =
          c < 0x80 ? special.find(static_cast<char>(c)) : std::string_view::npos;
      if (found != std::string_view::npos)
        (to_ += '\\') += letters[found];
      else if (c < 0x20 || (c >= 0x7F + (style_.ascii ? 0U : 0x110000U)))
        escape(c);
      else
        to_ += s.substr(at, bytes);
    });
    to_ += '"';
  }

  void escape(char32_t c) {
    if (c == 0x7F) {  // json.dumps takes it as ASCII
      to_ += '\x7F';
      return;
    }
    if (c >= 0x10000) {
      escape(0xD800 + ((c - 0x10000) >> 10));
      c = 0xDC00 + ((c - 0x10000) & 0x3FF);
    }
    to_ += "\\u";
    for (int shift = 12; shift >= 0; shift -= 4) to_ += "0123456789abcdef"[c >> shift & 0xF];
  }

  void put_key(const value& key) {
    if (key.is_string()) return put_string(key.as_text()->bytes);
    to_ += '"';
    require(put_scalar(key), "keys must be str, int, float, bool or None, not ", key.type());
    to_ += '"';
  }

  void line(int level) {
    if (!style_.lines) return;
    to_ += '\n';
    for (int i = 0; i < level; ++i) to_ += style_.indent;
    env_.fits(to_.size());
  }

  void put_array(const std::vector<value>& items, int level) {
    to_ += '[';
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (i > 0) to_ += style_.comma;
      line(level + 1);
      put(items[i], level + 1);
    }
    if (!items.empty()) line(level);
    to_ += ']';
  }

  void put_object(const dict& d, int level) {
    auto items = d.items;
    env_.spend(items.size() * 2 * sizeof(value));
    if (style_.sorted) {
      for (const auto& [key, v] : items)
        require(key.is_string(), "sort_keys needs keys that are strings");
      std::stable_sort(items.begin(), items.end(), [](const auto& a, const auto& b) {
        return a.first.as_text()->bytes < b.first.as_text()->bytes;
      });
    }
    to_ += '{';
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (i > 0) to_ += style_.comma;
      line(level + 1);
      put_key(items[i].first);
      to_ += style_.colon;
      put(items[i].second, level + 1);
    }
    if (!items.empty()) line(level);
    to_ += '}';
  }

  environment& env_;
  const json_style& style_;
  std::string to_;
};

}  // namespace zer0::detail::jinja

// Filters that take one value: text, numbers, JSON.
#pragma once

#include <zer0/text/detail/jinja/attributes.hpp>

#include <cctype>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace zer0::detail::jinja {

inline value filter_string(environment& env, const value& v, const arguments&) {
  return v.is_string() ? v : env.text(print(env, v));
}

inline value filter_trim(environment& env, const value& v, const arguments& args) {
  const value text = filter_string(env, v, args);
  const auto a = args.bind("trim", {"chars"});
  arguments chars;
  if (a[0] != nullptr) chars.positional.push_back(*a[0]);
  return str_strip<true, true>(env, text, chars);
}

template <std::string (*F)(std::string_view)>
value filter_case(environment& env, const value& v, const arguments& args) {
  return str_recase<F>(env, filter_string(env, v, args), {});
}

/// Upper case at the start and behind each of -([{< and white space.
inline std::string title_words(std::string_view text) {
  std::string to;
  bool start = true;
  each_character(text, [&](char32_t c, std::size_t, std::size_t) {
    start ? append_upper(to, c) : append_lower(to, c);
    start = is_space(c) || c == U'-' || c == U'(' || c == U'{' || c == U'[' || c == U'<';
  });
  return to;
}

inline value filter_replace(environment& env, const value& v, const arguments& args) {
  const auto a = args.bind("replace", {"old", "new", "count"});
  require(a[0] != nullptr && a[1] != nullptr, "replace needs two arguments");
  const std::int64_t most = is_given(a[2]) ? require_integer(*a[2], "replace's count") : -1;
  return env.text(replaced(env, print(env, v), print(env, *a[0]).bytes, print(env, *a[1]), most));
}

inline value filter_indent(environment& env, const value& v, const arguments& args) {
  const auto a = args.bind("indent", {"width", "first", "blank"});
  std::string by = "    ";
  if (a[0] != nullptr && a[0]->is_string())
    by = a[0]->as_text()->bytes;
  else if (a[0] != nullptr) {
    const std::int64_t width = std::max<std::int64_t>(0, require_integer(*a[0], "indent's width"));
    env.fits(static_cast<std::size_t>(width));
    by.assign(static_cast<std::size_t>(width), ' ');
  }
  const bool first = a[1] != nullptr && truth(*a[1]);
  const bool blank = a[2] != nullptr && truth(*a[2]);
  marked_text text = *filter_string(env, v, {}).as_text();
  text.append("\n");  // as Jinja does, so that a last empty line counts
  const value lines = str_splitlines(env, env.text(std::move(text)), {});
  marked_text to;
  bool begin = true;
  for (const value& line : lines.as_list()->items) {
    if (!begin) to.append("\n");
    if (begin ? first : blank || !line.as_text()->bytes.empty()) to.append(by);
    begin = false;
    to.append(*line.as_text());
    env.fits(to.bytes.size());
  }
  return env.text(std::move(to));
}

inline value filter_tojson(environment& env, const value& v, const arguments& args) {
  const auto a = args.bind("tojson", {"ensure_ascii", "indent", "separators", "sort_keys"});
  json_style style;
  style.ascii = a[0] != nullptr && truth(*a[0]);
  style.sorted = a[3] != nullptr && truth(*a[3]);
  if (is_given(a[1])) {
    style.lines = true;
    style.comma = ",";
    if (a[1]->is_string())
      style.indent = a[1]->as_text()->bytes;
    else {
      const std::int64_t width = require_integer(*a[1], "tojson's indent");
      require(width <= 100, "tojson's indent of ", width, " is above 100");
      style.indent.assign(static_cast<std::size_t>(std::max<std::int64_t>(0, width)), ' ');
    }
  }
  if (is_given(a[2])) {
    require(a[2]->as_list() != nullptr && a[2]->as_list()->items.size() == 2,
            "tojson's separators must be two strings");
    style.comma = require_string(a[2]->as_list()->items[0], "a separator");
    style.colon = require_string(a[2]->as_list()->items[1], "a separator");
  }
  return env.text(made_of(env, v, json_writer(env, style).write(v)));
}

inline value filter_length(environment& env, const value& v, const arguments&) {
  return size_of(env, v);
}

inline value filter_default(environment& env, const value& v, const arguments& args) {
  const auto a = args.bind("default", {"default_value", "boolean"});
  const bool take = v.is_undefined() || (a[1] != nullptr && truth(*a[1]) && !truth(v));
  return !take ? v : a[0] != nullptr ? *a[0] : env.text(std::string());
}

/// The number that all of a text, but for white space around it, is; nothing if it is none.
inline std::optional<double> parse_number(std::string_view text) {
  const stripped part = strip(text, nullptr, true, true);
  std::string digits;
  for (const char c : text.substr(part.begin, part.end - part.begin)) {
    if (c != '_') digits += c;
  }
  const std::string_view known = "0123456789+-.eE";
  if (digits.empty() || digits.find_first_not_of(known) != std::string::npos) return std::nullopt;
  char* end = nullptr;
  const double d = std::strtod(digits.c_str(), &end);
  if (end != digits.c_str() + digits.size()) return std::nullopt;
  return d;
}

inline value filter_int(environment&, const value& v, const arguments& args) {
  const auto a = args.bind("int", {"default", "base"});
  const value otherwise = a[0] != nullptr ? *a[0] : value(std::int64_t{0});
  if (integer(defined(v))) return *integer(v);
  std::optional<double> d = v.as_double() != nullptr ? std::optional(*v.as_double()) : std::nullopt;
  if (v.is_string()) {
    const std::int64_t base = a[1] != nullptr ? require_integer(*a[1], "int's base") : 10;
    require(base == 2 || base == 8 || base == 10 || base == 16,
            "int's base must be 2, 8, 10 or 16");
    const std::string_view text = v.as_text()->bytes;
    const stripped part = strip(text, nullptr, true, true);
    std::string digits(text.substr(part.begin, part.end - part.begin));
    if (base != 10 && digits.size() > 2 && digits[0] == '0' &&
        std::isalpha(static_cast<unsigned char>(digits[1])) != 0)
      digits.erase(0, 2);
    if (digits.starts_with('+')) digits.erase(0, 1);
    std::int64_t i = 0;
    const auto [end, code] =
        std::from_chars(digits.data(), digits.data() + digits.size(), i, static_cast<int>(base));
    if (code == std::errc() && end == digits.data() + digits.size()) return i;
    d = parse_number(text);
  }
  if (!d || !std::isfinite(*d)) return otherwise;
  require(std::abs(*d) < 9.2e18, "int: ", *d, " is beyond 64 bits");
  return static_cast<std::int64_t>(*d);
}

inline value filter_float(environment&, const value& v, const arguments& args) {
  const auto a = args.bind("float", {"default"});
  if (number(defined(v))) return *number(v);
  const auto d = v.is_string() ? parse_number(v.as_text()->bytes) : std::nullopt;
  return d ? value(*d) : a[0] != nullptr ? *a[0] : value(0.0);
}

inline value filter_abs(environment&, const value& v, const arguments&) {
  if (integer(defined(v))) return *integer(v) < 0 ? negate(*integer(v)) : *integer(v);
  require(number(v).has_value(), "bad operand type for abs(): '", v.type(), "'");
  return std::abs(*number(v));
}

inline value filter_round(environment&, const value& v, const arguments& args) {
  const auto a = args.bind("round", {"precision", "method"});
  require(number(defined(v)).has_value(), "round needs a number, not ", v.type());
  const std::int64_t digits = a[0] != nullptr ? require_integer(*a[0], "round's precision") : 0;
  require(digits >= 0 && digits <= 15, "round's precision of ", digits, " is not between 0 and 15");
  const std::string how = a[1] != nullptr ? require_string(*a[1], "round's method") : "common";
  require(how == "common" || how == "ceil" || how == "floor",
          "method must be common, ceil or floor");
  if (how == "common" && integer(v)) return *integer(v);
  const double d = *number(v);
  const double scale = std::pow(10.0, static_cast<double>(digits));
  if (how != "common")
    return (how == "ceil" ? std::ceil(d * scale) : std::floor(d * scale)) / scale;
  char text[400];  // printf rounds the exact binary value half to even, as Python does
  std::snprintf(text, sizeof text, "%.*f", static_cast<int>(digits), d);
  return std::strtod(text, nullptr);
}

inline value filter_escape(environment& env, const value& v, const arguments&) {
  marked_text t = print(env, v);
  static constexpr std::pair<const char*, const char*> changes[] = {
      {"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"'", "&#39;"}, {"\"", "&#34;"}};
  for (const auto& [from, to] : changes)
    t = replaced(env, t, from, marked_text(std::string(to)), -1);
  return env.text(std::move(t));
}

inline value filter_wordcount(environment& env, const value& v, const arguments&) {
  std::int64_t words = 0;
  bool inside = false;
  each_character(print(env, v).bytes, [&](char32_t c, std::size_t, std::size_t) {
    const bool word = is_alnum(c) || c == U'_';
    words += word && !inside ? 1 : 0;
    inside = word;
  });
  return words;
}

inline value filter_format(environment& env, const value& v, const arguments& args) {
  require(args.named.empty(), "format with named arguments is not supported");
  return format_percent(env, filter_string(env, v, {}),
                        env.make_list(args.positional, list::kind::tuple));
}

}  // namespace zer0::detail::jinja

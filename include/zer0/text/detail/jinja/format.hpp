// "%s" % values, and "{}".format(values), without the rarer of Python's conversions.
#pragma once

#include <zer0/text/detail/jinja/arithmetic.hpp>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace zer0::detail::jinja {

/// One conversion of a % format: flags, width, precision, letter.
struct conversion {
  std::string flags;
  int width = 0;
  int precision = -1;
  char letter = 0;

  /// Reads it from behind the %; moves `i` behind its letter.
  static conversion read(std::string_view format, std::size_t& i) {
    conversion c;
    const auto number = [&](int& to) {
      to = 0;
      while (i < format.size() && format[i] >= '0' && format[i] <= '9') {
        to = to * 10 + (format[i++] - '0');
        require(to <= 1000, "a width or precision in '", format.substr(0, 40), "' is above 1000");
      }
    };
    while (i < format.size() && std::string_view("-+ #0").find(format[i]) != std::string_view::npos)
      c.flags += format[i++];
    number(c.width);
    if (i < format.size() && format[i] == '.') {
      ++i;
      number(c.precision);
    }
    require(i < format.size(), "incomplete format");
    c.letter = format[i++];
    return c;
  }

  [[nodiscard]] std::string number(const char* length, auto v) const {
    const std::string pattern = "%" + flags + (width > 0 ? std::to_string(width) : "") +
                                (precision >= 0 ? "." + std::to_string(precision) : "") + length +
                                letter;
    const int size = std::snprintf(nullptr, 0, pattern.c_str(), v);
    std::string to(static_cast<std::size_t>(size) + 1, '\0');
    std::snprintf(to.data(), to.size(), pattern.c_str(), v);
    to.pop_back();
    return to;
  }

  [[nodiscard]] std::string pad(std::string text) const {
    const std::size_t n = length(text);
    const std::size_t fill =
        static_cast<std::size_t>(width) > n ? static_cast<std::size_t>(width) - n : 0;
    return flags.find('-') == std::string::npos ? std::string(fill, ' ') + text
                                                : text + std::string(fill, ' ');
  }
};

inline marked_text convert(environment& env, const conversion& c, const value& v) {
  if (c.letter == 's' || c.letter == 'r') {
    marked_text t = print(env, v);
    if (c.letter == 'r') {
      std::string repr;
      append_repr(env, v, repr);
      t = t.become(std::move(repr));
    }
    if (c.precision >= 0) t = t.sub(0, offset_of(t.bytes, static_cast<std::size_t>(c.precision)));
    return c.width == 0 ? t : t.become(c.pad(t.bytes));
  }
  const auto n = number(v);
  require(n.has_value(), "%", c.letter, " format: a number is required, not ", v.type());
  switch (c.letter) {
    case 'd':
    case 'i':
    case 'u': {
      require(integer(v) || std::abs(*n) < 9e18, "%d format: the number is too large");
      conversion d = c;
      d.letter = 'd';
      return d.number(
          "ll", static_cast<long long>(integer(v) ? *integer(v) : static_cast<std::int64_t>(*n)));
    }
    case 'x':
    case 'X':
    case 'o':
      require(integer(v) && *integer(v) >= 0, "%", c.letter,
              " format: an integer of at least 0 is required");
      return c.number("ll", static_cast<unsigned long long>(*integer(v)));
    case 'f':
    case 'F':
    case 'e':
    case 'E':
    case 'g':
    case 'G':
      return c.number("", *n);
    default:
      fail("the format '%", c.letter, "' is not supported; %s %r %d %i %x %o %f %e %g are");
  }
}

inline value format_percent(environment& env, const value& format, const value& given) {
  const std::string_view text = format.as_text()->bytes;
  const bool tuple = given.as_list() != nullptr && given.as_list()->what == list::kind::tuple;
  const std::vector<value> values = tuple ? given.as_list()->items : std::vector<value>{given};
  marked_text to;
  std::size_t next = 0;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t percent = std::min(text.find('%', i), text.size());
    to.append(format.as_text()->sub(i, percent));
    i = percent + 1;
    if (percent == text.size()) break;
    const conversion c = conversion::read(text, i);
    if (c.letter == '%') {
      to.append("%");
      continue;
    }
    require(next < values.size(), "not enough arguments for format string");
    to.append(convert(env, c, values[next++]));
    env.fits(to.bytes.size());
  }
  require(next == values.size() || (!tuple && given.as_dict() != nullptr),
          "not all arguments converted during string formatting");
  return env.text(std::move(to));
}

/// str.format with {}, {0} and {name}.
inline value format_braces(environment& env, const marked_text& format, const arguments& given) {
  const std::string_view text = format.bytes;
  marked_text to;
  std::size_t next = 0;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t brace = std::min(text.find_first_of("{}", i), text.size());
    to.append(format.sub(i, brace));
    if (brace == text.size()) break;
    i = brace + 1;
    if (i < text.size() && text[i] == text[brace]) {
      to.append(text.substr(i++, 1));
      continue;
    }
    const std::size_t end = text.find('}', i);
    require(text[brace] == '{' && end != std::string_view::npos, "single '", text.substr(brace, 1),
            "' encountered in format string");
    const std::string_view field = text.substr(i, end - i);
    require(field.find_first_of(":!.[") == std::string_view::npos, "the format field '{", field,
            "}' is not supported; {}, {0} and {name} are");
    const value* v = nullptr;
    std::size_t index = next;
    for (const auto& [name, named] : given.named) {
      if (name == field) v = &named;
    }
    if (field.empty())
      ++next;
    else if (v == nullptr && field.size() < 4 &&
             std::all_of(field.begin(), field.end(), [](char c) { return c >= '0' && c <= '9'; }))
      index = std::stoul(std::string(field));
    else
      require(v != nullptr, "format has no argument '", field, "'");
    if (v == nullptr) {
      require(index < given.positional.size(), "format has no argument ", index);
      v = &given.positional[index];
    }
    to.append(print(env, *v));
    env.fits(to.bytes.size());
    i = end + 1;
  }
  return env.text(std::move(to));
}

}  // namespace zer0::detail::jinja

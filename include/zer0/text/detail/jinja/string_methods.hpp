// The methods of Python's str.
#pragma once

#include <zer0/text/detail/jinja/string_cuts.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace zer0::detail::jinja {

/// The text of an operation that may change every byte but moves none. Marks stay if the size does.
inline value recased(environment& env, const marked_text& from, std::string to) {
  if (to.size() != from.bytes.size()) return env.text(from.become(std::move(to)));
  marked_text t(std::move(to));
  t.marks = from.marks;
  return env.text(std::move(t));
}

template <bool Left, bool Right>
value str_strip(environment& env, const value& self, const arguments& args) {
  const auto a = args.bind("strip", {"chars"});
  const std::string_view chars =
      is_given(a[0]) ? require_string(*a[0], "the characters to strip") : std::string_view();
  env.work(chars.size() * self.as_text()->bytes.size() / 64);
  const stripped part =
      strip(self.as_text()->bytes, is_given(a[0]) ? &chars : nullptr, Left, Right);
  return env.text(self.as_text()->sub(part.begin, part.end));
}

template <bool Front>
value str_starts(environment& env, const value& self, const arguments& args) {
  const auto a = args.bind(Front ? "startswith" : "endswith", {"prefix"});
  require(a[0] != nullptr, Front ? "startswith" : "endswith", " needs an argument");
  const std::string_view t = self.as_text()->bytes;
  const auto fits = [&](const value& part) {
    const std::string& p = require_string(part, "a prefix or suffix");
    return Front ? t.starts_with(p) : t.ends_with(p);
  };
  if (a[0]->as_list() == nullptr) return fits(*a[0]);
  env.look(*a[0]);
  return std::any_of(a[0]->as_list()->items.begin(), a[0]->as_list()->items.end(), fits);
}

/// Every `from` (at most `most`, if not negative) becomes `to`; an empty `from` stands before each
/// character and at the end.
inline marked_text replaced(environment& env, const marked_text& t, const std::string& from,
                            const marked_text& to, std::int64_t most) {
  marked_text result;
  std::size_t at = 0;
  for (std::int64_t n = 0; most < 0 || n < most; ++n) {
    const std::size_t found =
        from.empty() ? (n == 0 ? 0 : at + offset_of(std::string_view(t.bytes).substr(at), 1))
                     : find(env, t.bytes, from, at);
    if (found == std::string::npos || (from.empty() && n > 0 && at == t.bytes.size())) break;
    env.work(1 + t.marks.size());
    result.append(t.sub(at, found));
    result.append(to);
    env.fits(result.bytes.size());
    at = found + from.size();
  }
  result.append(t.sub(at, t.bytes.size()));
  return result;
}

inline value str_replace(environment& env, const value& self, const arguments& args) {
  const auto a = args.bind("replace", {"old", "new", "count"});
  require(a[0] != nullptr && a[1] != nullptr, "replace needs two arguments");
  require_string(*a[1], "a replacement");
  const std::int64_t most = is_given(a[2]) ? require_integer(*a[2], "replace's count") : -1;
  return env.text(replaced(env, *self.as_text(), require_string(*a[0], "what is replaced"),
                           *a[1]->as_text(), most));
}

inline value str_join(environment& env, const value& self, const arguments& args) {
  const auto a = args.bind("join", {"iterable"});
  require(a[0] != nullptr, "join needs an argument");
  marked_text to;
  bool first = true;
  for (const value& item : elements(env, *a[0])) {
    require_string(item, "an element to join");
    if (!first) to.append(*self.as_text());
    first = false;
    to.append(*item.as_text());
    env.fits(to.bytes.size());
  }
  return env.text(std::move(to));
}

template <std::string (*F)(std::string_view)>
value str_recase(environment& env, const value& self, const arguments& args) {
  (void)args.bind("a method of str", {});
  return recased(env, *self.as_text(), F(self.as_text()->bytes));
}

/// The index, in characters, where the argument stands; -1 or an error if nowhere.
template <bool Right, bool MayMiss>
value str_find(environment& env, const value& self, const arguments& args) {
  const auto a = args.bind("find", {"sub"});
  require(a[0] != nullptr, "find needs an argument");
  const std::string& part = require_string(*a[0], "what is looked for");
  const std::string& t = self.as_text()->bytes;
  const std::size_t at = Right ? t.rfind(part) : find(env, t, part);
  if (at != std::string::npos)
    return static_cast<std::int64_t>(length(std::string_view(t).substr(0, at)));
  require(MayMiss, "substring not found");
  return std::int64_t{-1};
}

inline value str_count(environment& env, const value& self, const arguments& args) {
  const auto a = args.bind("count", {"sub"});
  require(a[0] != nullptr, "count needs an argument");
  const std::string& part = require_string(*a[0], "what is counted");
  const std::string& t = self.as_text()->bytes;
  if (part.empty()) return static_cast<std::int64_t>(length(t)) + 1;
  std::int64_t n = 0;
  for (std::size_t at = 0; (at = find(env, t, part, at)) != std::string::npos; at += part.size())
    ++n;
  return n;
}

/// Whether there are characters and Test holds for all.
template <bool (*Test)(char32_t)>
value str_all(environment&, const value& self, const arguments& args) {
  (void)args.bind("a method of str", {});
  bool all = !self.as_text()->bytes.empty();
  each_character(self.as_text()->bytes,
                 [&](char32_t c, std::size_t, std::size_t) { all = all && Test(c); });
  return all;
}

/// Whether there are letters with a case and all have this one.
template <bool (*Test)(char32_t)>
value str_has_case(environment&, const value& self, const arguments& args) {
  (void)args.bind("a method of str", {});
  bool any = false;
  bool all = true;
  each_character(self.as_text()->bytes, [&](char32_t c, std::size_t, std::size_t) {
    any = any || Test(c);
    all = all && (!is_cased(c) || Test(c));
  });
  return any && all;
}

inline bool is_alnum(char32_t c) {
  return is_alpha(c) || category(c) == UTF8PROC_CATEGORY_ND ||
         category(c) == UTF8PROC_CATEGORY_NL || category(c) == UTF8PROC_CATEGORY_NO;
}

template <bool Front>
value str_remove(environment& env, const value& self, const arguments& args) {
  const auto a = args.bind("removeprefix", {"part"});
  require(a[0] != nullptr, "removeprefix and removesuffix need an argument");
  const std::string& part = require_string(*a[0], "a prefix or suffix");
  const marked_text& t = *self.as_text();
  const std::string_view bytes = t.bytes;
  if (Front ? !bytes.starts_with(part) : !bytes.ends_with(part)) return self;
  return env.text(Front ? t.sub(part.size(), bytes.size()) : t.sub(0, bytes.size() - part.size()));
}

/// The text between fill characters, `width` characters in all: Left and Right say on which sides
/// they stand.
template <bool Left, bool Right>
value str_pad(environment& env, const value& self, const arguments& args) {
  const auto a = args.bind("ljust, rjust or center", {"width", "fillchar"});
  require(a[0] != nullptr, "ljust, rjust and center need a width");
  const std::int64_t width = require_integer(*a[0], "a width");
  const std::string fill = a[1] == nullptr ? " " : require_string(*a[1], "a fill character");
  require(length(fill) == 1, "the fill character must be exactly one character long");
  const std::int64_t missing = std::max<std::int64_t>(0, width - size_of(env, self));
  env.fits(static_cast<std::size_t>(missing) *
           (missing < (std::int64_t{1} << 40) ? fill.size() : 1));
  const std::int64_t left = Left && Right ? missing / 2 + (missing & width & 1)
                            : Left        ? missing
                                          : 0;
  marked_text to;
  for (std::int64_t i = 0; i < left; ++i) to.append(fill);
  to.append(*self.as_text());
  for (std::int64_t i = left; i < missing; ++i) to.append(fill);
  return env.text(std::move(to));
}

inline method_table string_methods() {
  static constexpr entry<method> table[] = {
      {"strip", str_strip<true, true>},
      {"lstrip", str_strip<true, false>},
      {"rstrip", str_strip<false, true>},
      {"split", str_split<false>},
      {"rsplit", str_split<true>},
      {"splitlines", str_splitlines},
      {"partition", str_partition<false>},
      {"rpartition", str_partition<true>},
      {"startswith", str_starts<true>},
      {"endswith", str_starts<false>},
      {"removeprefix", str_remove<true>},
      {"removesuffix", str_remove<false>},
      {"replace", str_replace},
      {"join", str_join},
      {"upper", str_recase<upper>},
      {"lower", str_recase<lower>},
      {"title", str_recase<title>},
      {"capitalize", str_recase<capitalize>},
      {"find", str_find<false, true>},
      {"rfind", str_find<true, true>},
      {"index", str_find<false, false>},
      {"rindex", str_find<true, false>},
      {"count", str_count},
      {"isspace", str_all<is_space>},
      {"isalpha", str_all<is_alpha>},
      {"isdigit", str_all<is_digit>},
      {"isdecimal", str_all<is_digit>},
      {"isnumeric", str_all<is_digit>},
      {"isalnum", str_all<is_alnum>},
      {"isupper", str_has_case<is_upper>},
      {"islower", str_has_case<is_lower>},
      {"ljust", str_pad<false, true>},
      {"rjust", str_pad<true, false>},
      {"center", str_pad<true, true>},
      {"format", [](environment& env, const value& self,
                    const arguments& args) { return format_braces(env, *self.as_text(), args); }},
  };
  return table;
}

}  // namespace zer0::detail::jinja

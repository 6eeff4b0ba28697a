// The methods of Python's str.
#pragma once

#include <zer0/text/detail/jinja/format.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace zer0::detail::jinja {

using method = value (*)(environment&, const value&, const arguments&);

/// A function under its name in templates.
template <class F>
struct entry {
  std::string_view name;
  F function;
};
using method_table = std::span<const entry<method>>;

/// The function of that name, or null.
template <class F>
F find_entry(std::span<const entry<F>> table, std::string_view name) {
  for (const entry<F>& e : table) {
    if (e.name == name) return e.function;
  }
  return nullptr;
}

inline bool is_given(const value* v) { return v != nullptr && !v->is_none(); }

/// At each of `cuts`, a run of bytes [first, second) that is left out.
inline value cut_at(environment& env, const marked_text& t,
                    const std::vector<std::pair<std::size_t, std::size_t>>& cuts) {
  env.work(cuts.size() * t.marks.size());
  std::vector<value> parts;
  std::size_t from = 0;
  for (const auto& [begin, end] : cuts) {
    parts.push_back(env.text(t.sub(from, begin)));
    from = end;
  }
  parts.push_back(env.text(t.sub(from, t.bytes.size())));
  return env.make_list(std::move(parts));
}

/// split() at white space.
inline value split_words(environment& env, const marked_text& t, std::int64_t most,
                         bool from_right) {
  std::vector<std::pair<std::size_t, std::size_t>> words;
  bool inside = false;
  each_character(t.bytes, [&](char32_t c, std::size_t at, std::size_t bytes) {
    if (is_space(c)) {
      inside = false;
      return;
    }
    if (!inside) words.emplace_back(at, at);
    inside = true;
    words.back().second = at + bytes;
  });
  if (most >= 0 && words.size() > static_cast<std::size_t>(most)) {
    const auto keep = static_cast<std::size_t>(most);
    if (from_right) {  // the first words and all between them stay one piece, with the white space
                       // on its left
      const std::size_t merged = words.size() - keep;
      words[merged - 1].first = 0;
      words.erase(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(merged) - 1);
    } else {
      words[keep].second = t.bytes.size();
      words.resize(keep + 1);
    }
  }
  env.work(words.size() * t.marks.size());
  std::vector<value> parts;
  for (const auto& [begin, end] : words) parts.push_back(env.text(t.sub(begin, end)));
  return env.make_list(std::move(parts));
}

template <bool Right>
value str_split(environment& env, const value& self, const arguments& args) {
  const auto a = args.bind("split", {"sep", "maxsplit"});
  const marked_text& t = *self.as_text();
  const std::int64_t most = a[1] == nullptr ? -1 : require_integer(*a[1], "maxsplit");
  if (!is_given(a[0])) return split_words(env, t, most, Right);
  const std::string& by = require_string(*a[0], "a separator");
  require(!by.empty(), "empty separator");
  std::vector<std::pair<std::size_t, std::size_t>> cuts;
  const auto more = [&] { return most < 0 || cuts.size() < static_cast<std::size_t>(most); };
  env.work(t.bytes.size() / 64 + t.bytes.size() / 1024 * (by.size() / 64));
  if (Right) {
    for (std::size_t end = t.bytes.size(); more() && end >= by.size();) {
      const std::size_t at = t.bytes.rfind(by, end - by.size());
      if (at == std::string::npos) break;
      cuts.emplace_back(at, at + by.size());
      end = at;
    }
    std::reverse(cuts.begin(), cuts.end());
  } else {
    for (std::size_t at = 0; more() && (at = t.bytes.find(by, at)) != std::string::npos;
         at += by.size())
      cuts.emplace_back(at, at + by.size());
  }
  return cut_at(env, t, cuts);
}

template <bool Right>
value str_partition(environment& env, const value& self, const arguments& args) {
  const auto a = args.bind("partition", {"sep"});
  require(a[0] != nullptr && !require_string(*a[0], "a separator").empty(), "empty separator");
  const marked_text& t = *self.as_text();
  const std::string& by = a[0]->as_text()->bytes;
  const std::size_t at = Right ? t.bytes.rfind(by) : find(env, t.bytes, by);
  if (at == std::string::npos) {
    const value empty = env.text(std::string());
    return env.make_list(
        Right ? std::vector<value>{empty, empty, self} : std::vector<value>{self, empty, empty},
        list::kind::tuple);
  }
  const value separator = env.text(t.sub(at, at + by.size()));
  return env.make_list(
      {env.text(t.sub(0, at)), separator, env.text(t.sub(at + by.size(), t.bytes.size()))},
      list::kind::tuple);
}

inline value str_splitlines(environment& env, const value& self, const arguments& args) {
  const auto a = args.bind("splitlines", {"keepends"});
  const marked_text& t = *self.as_text();
  std::vector<value> lines;
  std::size_t from = 0;
  std::size_t skip_to = 0;
  each_character(t.bytes, [&](char32_t c, std::size_t at, std::size_t bytes) {
    const bool ends = (c >= 0x0A && c <= 0x0D) || (c >= 0x1C && c <= 0x1E) || c == 0x85 ||
                      c == 0x2028 || c == 0x2029;
    if (!ends || at < skip_to) return;
    std::size_t end = at + bytes;
    if (c == U'\r' && end < t.bytes.size() && t.bytes[end] == '\n') ++end;
    skip_to = end;
    env.work(t.marks.size());
    lines.push_back(env.text(t.sub(from, a[0] != nullptr && truth(*a[0]) ? end : at)));
    from = end;
  });
  if (from < t.bytes.size()) lines.push_back(env.text(t.sub(from, t.bytes.size())));
  return env.make_list(std::move(lines));
}

/// The text when every byte may have changed, but none its place: marks stay if the size does.
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

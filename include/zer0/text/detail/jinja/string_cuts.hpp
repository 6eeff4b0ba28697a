// The methods of Python's str that cut a text into pieces; and how methods are named in tables.
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

/// The pieces of a text that is cut at `cuts`: runs of bytes [first, second), which are left out.
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

}  // namespace zer0::detail::jinja

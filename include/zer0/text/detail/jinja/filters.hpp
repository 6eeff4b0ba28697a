// Filters over lists, and the table of all filters.
#pragma once

#include <zer0/text/detail/jinja/builtins.hpp>
#include <zer0/text/detail/jinja/value_filters.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace zer0::detail::jinja {

value apply_filter(environment& env, std::string_view name, const value& v, const arguments& args);

/// What an `attribute` argument names: an index, or attributes joined by dots.
inline value attribute_at(environment& env, value v, const value& path) {
  if (integer(path)) return get_item(env, v, path);
  std::string_view rest = require_string(path, "an attribute");
  while (true) {
    const std::string_view part = rest.substr(0, rest.find('.'));
    const bool index = !part.empty() && part.size() < 10 &&
                       part.find_first_not_of("0123456789") == std::string_view::npos;
    v = get_item(env, v,
                 index ? value(static_cast<std::int64_t>(std::stoll(std::string(part))))
                       : env.text(std::string(part)));
    if (part.size() == rest.size()) return v;
    rest.remove_prefix(part.size() + 1);
  }
}

inline arguments rest_of(const arguments& args, std::size_t from) {
  arguments rest;
  rest.positional.assign(
      args.positional.begin() + static_cast<std::ptrdiff_t>(std::min(from, args.positional.size())),
      args.positional.end());
  rest.named = args.named;
  return rest;
}

inline value filter_map(environment& env, const value& v, const arguments& args) {
  std::vector<value> to;
  if (!args.positional.empty()) {
    const std::string& name = require_string(args.positional[0], "map's filter");
    for (const value& item : elements(env, v))
      to.push_back(apply_filter(env, name, item, rest_of(args, 1)));
    return env.make_list(std::move(to), list::kind::generator);
  }
  const auto a = args.bind("map", {"attribute", "default"});
  require(a[0] != nullptr, "map requires a filter argument");
  for (const value& item : elements(env, v)) {
    value found = attribute_at(env, item, *a[0]);
    to.push_back(found.is_undefined() && a[1] != nullptr ? *a[1] : std::move(found));
  }
  return env.make_list(std::move(to), list::kind::generator);
}

/// select, reject, and with an attribute first selectattr, rejectattr.
template <bool Keep, bool Attribute>
value filter_select(environment& env, const value& v, const arguments& args) {
  constexpr std::size_t at = Attribute ? 1 : 0;
  require(args.positional.size() >= at, "selectattr and rejectattr need the name of an attribute");
  std::vector<value> to;
  const arguments operands = rest_of(args, at + 1);
  for (const value& item : elements(env, v)) {
    const value looked = Attribute ? attribute_at(env, item, args.positional[0]) : item;
    const bool holds = args.positional.size() > at
                           ? apply_test(env, require_string(args.positional[at], "a test's name"),
                                        looked, operands)
                           : truth(looked);
    if (holds == Keep) to.push_back(item);
  }
  return env.make_list(std::move(to), list::kind::generator);
}

inline value filter_list(environment& env, const value& v, const arguments&) {
  return env.make_list(elements(env, v));
}

inline value filter_first(environment& env, const value& v, const arguments&) {
  const auto items = elements(env, v);
  return items.empty() ? value::missing("No first item, sequence was empty.") : items.front();
}

inline value filter_last(environment& env, const value& v, const arguments&) {
  const auto items = elements(env, v);
  return items.empty() ? value::missing("No last item, sequence was empty.") : items.back();
}

inline value filter_join(environment& env, const value& v, const arguments& args) {
  const auto a = args.bind("join", {"d", "attribute"});
  const marked_text between = a[0] != nullptr ? print(env, *a[0]) : marked_text();
  marked_text to;
  bool first = true;
  for (const value& item : elements(env, v)) {
    if (!first) to.append(between);
    first = false;
    to.append(print(env, is_given(a[1]) ? attribute_at(env, item, *a[1]) : item));
    env.fits(to.bytes.size());
  }
  return env.text(std::move(to));
}

inline value filter_reverse(environment& env, const value& v, const arguments&) {
  auto items = elements(env, v);
  std::reverse(items.begin(), items.end());
  if (!v.is_string()) return env.make_list(std::move(items), list::kind::generator);
  marked_text to;
  for (const value& c : items) to.append(*c.as_text());
  return env.text(std::move(to));
}

/// A string in lower case, unless case counts; other values as they are.
inline value sort_key(environment& env, const value& v, const value* case_sensitive) {
  const bool counts = case_sensitive != nullptr && truth(*case_sensitive);
  return v.is_string() && !counts ? env.text(lower(v.as_text()->bytes)) : v;
}

using keyed = std::vector<std::pair<value, value>>;

inline value sorted(environment& env, keyed items, bool reverse) {
  std::stable_sort(items.begin(), items.end(), [&](const auto& a, const auto& b) {
    return reverse ? less(env, b.first, a.first) : less(env, a.first, b.first);
  });
  std::vector<value> to;
  for (auto& [key, item] : items) to.push_back(std::move(item));
  return env.make_list(std::move(to));
}

inline value filter_sort(environment& env, const value& v, const arguments& args) {
  const auto a = args.bind("sort", {"reverse", "case_sensitive", "attribute"});
  keyed items;
  for (const value& item : elements(env, v))
    items.emplace_back(sort_key(env, is_given(a[2]) ? attribute_at(env, item, *a[2]) : item, a[1]),
                       item);
  return sorted(env, std::move(items), a[0] != nullptr && truth(*a[0]));
}

inline value filter_dictsort(environment& env, const value& v, const arguments& args) {
  const auto a = args.bind("dictsort", {"case_sensitive", "by", "reverse"});
  require(defined(v).as_dict() != nullptr, "dictsort needs a mapping, not ", v.type());
  const std::string by = a[1] != nullptr ? require_string(*a[1], "dictsort's by") : "key";
  require(by == "key" || by == "value", "dictsort sorts by \"key\" or by \"value\"");
  keyed items;
  for (const auto& [key, item] : v.as_dict()->items)
    items.emplace_back(sort_key(env, by == "key" ? key : item, a[0]),
                       env.make_list({key, item}, list::kind::tuple));
  return sorted(env, std::move(items), a[2] != nullptr && truth(*a[2]));
}

inline value filter_items(environment& env, const value& v, const arguments& args) {
  if (v.is_undefined()) return env.make_list({}, list::kind::generator);
  require(v.as_dict() != nullptr, "Can only get item pairs from a mapping.");
  return env.make_list(dict_items(env, v, args).as_list()->items, list::kind::generator);
}

inline value filter_unique(environment& env, const value& v, const arguments& args) {
  const auto a = args.bind("unique", {"case_sensitive", "attribute"});
  std::vector<value> keys;
  std::vector<value> to;
  for (const value& item : elements(env, v)) {
    const value key = sort_key(env, is_given(a[1]) ? attribute_at(env, item, *a[1]) : item, a[0]);
    if (std::any_of(keys.begin(), keys.end(), [&](const value& k) { return equal(env, k, key); }))
      continue;
    keys.push_back(key);
    to.push_back(item);
  }
  return env.make_list(std::move(to), list::kind::generator);
}

template <bool Max>
value filter_extreme(environment& env, const value& v, const arguments& args) {
  const auto a = args.bind("min or max", {"case_sensitive", "attribute"});
  value best = value::missing("No aggregated item, sequence was empty.");
  std::optional<value> best_key;
  for (const value& item : elements(env, v)) {
    const value key = sort_key(env, is_given(a[1]) ? attribute_at(env, item, *a[1]) : item, a[0]);
    if (best_key && !(Max ? less(env, *best_key, key) : less(env, key, *best_key))) continue;
    best_key = key;
    best = item;
  }
  return best;
}

inline value filter_sum(environment& env, const value& v, const arguments& args) {
  const auto a = args.bind("sum", {"attribute", "start"});
  value total = a[1] != nullptr ? *a[1] : value(std::int64_t{0});
  for (const value& item : elements(env, v))
    total = binary(env, "+", total, is_given(a[0]) ? attribute_at(env, item, *a[0]) : item);
  return total;
}

inline value filter_attr(environment& env, const value& v, const arguments& args) {
  const auto a = args.bind("attr", {"name"});
  require(a[0] != nullptr, "attr needs an argument");
  const std::string& name = require_string(*a[0], "attr's name");
  return v.as_dict() != nullptr && find_method(v, name) == nullptr ? no_attribute(v, name)
                                                                   : get_attribute(env, v, name);
}

inline value filter_batch(environment& env, const value& v, const arguments& args) {
  const auto a = args.bind("batch", {"linecount", "fill_with"});
  const std::int64_t size = a[0] != nullptr ? require_integer(*a[0], "batch's size") : 0;
  require(size >= 1, "batch's size must be at least 1");
  std::vector<value> to;
  std::vector<value> row;
  const auto flush = [&] { to.push_back(env.make_list(std::exchange(row, {}))); };
  for (const value& item : elements(env, v)) {
    row.push_back(item);
    if (row.size() == static_cast<std::size_t>(size)) flush();
  }
  if (!row.empty() && is_given(a[1])) {
    env.room(static_cast<std::size_t>(size));
    row.resize(static_cast<std::size_t>(size), *a[1]);
  }
  if (!row.empty()) flush();
  return env.make_list(std::move(to), list::kind::generator);
}

inline method_table filters() {
  static constexpr entry<method> table[] = {
      {"abs", filter_abs},
      {"attr", filter_attr},
      {"batch", filter_batch},
      {"capitalize", filter_case<capitalize>},
      {"count", filter_length},
      {"d", filter_default},
      {"default", filter_default},
      {"dictsort", filter_dictsort},
      {"e", filter_escape},
      {"escape", filter_escape},
      {"first", filter_first},
      {"float", filter_float},
      {"format", filter_format},
      {"indent", filter_indent},
      {"int", filter_int},
      {"items", filter_items},
      {"join", filter_join},
      {"last", filter_last},
      {"length", filter_length},
      {"list", filter_list},
      {"lower", filter_case<lower>},
      {"map", filter_map},
      {"max", filter_extreme<true>},
      {"min", filter_extreme<false>},
      {"reject", filter_select<false, false>},
      {"rejectattr", filter_select<false, true>},
      {"replace", filter_replace},
      {"reverse", filter_reverse},
      {"round", filter_round},
      {"safe", filter_string},
      {"select", filter_select<true, false>},
      {"selectattr", filter_select<true, true>},
      {"sort", filter_sort},
      {"string", filter_string},
      {"sum", filter_sum},
      {"title", filter_case<title_words>},
      {"tojson", filter_tojson},
      {"trim", filter_trim},
      {"unique", filter_unique},
      {"upper", filter_case<upper>},
      {"wordcount", filter_wordcount},
  };
  return table;
}

/// v | name(args).
inline value apply_filter(environment& env, std::string_view name, const value& v,
                          const arguments& args) {
  const method found = find_entry(filters(), name);
  require(found != nullptr, "there is no filter named '", name, "'");
  const environment::level level(env);
  env.work(1);
  env.look(v);
  return found(env, v, args);
}

}  // namespace zer0::detail::jinja

// v.name and v[key]: attributes and methods of all kinds of values.
#pragma once

#include <zer0/text/detail/jinja/string_methods.hpp>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace zer0::detail::jinja {

inline value dict_get(environment& env, const value& self, const arguments& args) {
  const auto a = args.bind("get", {"key", "default"});
  require(a[0] != nullptr, "get needs an argument");
  env.look(self);
  const value* found = self.as_dict()->find(*a[0]);
  return found != nullptr ? *found : a[1] != nullptr ? *a[1] : value(nullptr);
}

inline value dict_keys(environment& env, const value& self, const arguments&) {
  return env.make_list(elements(env, self), list::kind::keys);
}

inline value dict_values(environment& env, const value& self, const arguments&) {
  std::vector<value> to;
  for (const auto& [key, v] : self.as_dict()->items) to.push_back(v);
  return env.make_list(std::move(to), list::kind::values);
}

inline value dict_items(environment& env, const value& self, const arguments&) {
  std::vector<value> to;
  for (const auto& [key, v] : self.as_dict()->items)
    to.push_back(env.make_list({key, v}, list::kind::tuple));
  return env.make_list(std::move(to), list::kind::items);
}

inline value return_self(environment&, const value& self, const arguments&) { return self; }

[[noreturn]] inline value refuse_change(environment&, const value& self, const arguments&) {
  fail("a template may not change a ", self.type(), "; make a new one, with + for instance");
}

inline value list_index(environment& env, const value& self, const arguments& args) {
  const auto a = args.bind("index", {"value"});
  require(a[0] != nullptr, "index needs an argument");
  const auto& items = self.as_list()->items;
  const auto found = std::find_if(items.begin(), items.end(),
                                  [&](const value& v) { return equal(env, v, *a[0]); });
  require(found != items.end(), "the value is not in the list");
  return static_cast<std::int64_t>(found - items.begin());
}

inline value list_count(environment& env, const value& self, const arguments& args) {
  const auto a = args.bind("count", {"value"});
  require(a[0] != nullptr, "count needs an argument");
  const auto& items = self.as_list()->items;
  return static_cast<std::int64_t>(std::count_if(
      items.begin(), items.end(), [&](const value& v) { return equal(env, v, *a[0]); }));
}

inline value loop_cycle(environment&, const value& self, const arguments& args) {
  require(!args.positional.empty(), "loop.cycle needs arguments");
  return args.positional[self.as_loop()->i % args.positional.size()];
}

inline value loop_changed(environment& env, const value& self, const arguments& args) {
  std::vector<value>& last = self.as_loop()->changed;
  for (const value& v : args.positional)
    require(v.depth() == 0, "loop.changed takes strings and numbers only");
  if (std::equal(last.begin(), last.end(), args.positional.begin(), args.positional.end(),
                 [&](const value& a, const value& b) { return equal(env, a, b); }) &&
      !last.empty())
    return false;
  last = args.positional;
  return true;
}

inline method_table methods_of(const value& v) {
  static constexpr entry<method> dicts[] = {
      {"get", dict_get},          {"keys", dict_keys},
      {"values", dict_values},    {"items", dict_items},
      {"copy", return_self},      {"pop", refuse_change},
      {"popitem", refuse_change}, {"update", refuse_change},
      {"clear", refuse_change},   {"setdefault", refuse_change}};
  static constexpr entry<method> lists[] = {
      {"index", list_index},     {"count", list_count},     {"copy", return_self},
      {"append", refuse_change}, {"extend", refuse_change}, {"insert", refuse_change},
      {"pop", refuse_change},    {"remove", refuse_change}, {"clear", refuse_change},
      {"sort", refuse_change},   {"reverse", refuse_change}};
  static constexpr entry<method> loops[] = {{"cycle", loop_cycle}, {"changed", loop_changed}};
  if (v.is_string()) return string_methods();
  if (v.as_dict() != nullptr) return dicts;
  if (v.as_list() != nullptr && v.as_list()->what <= list::kind::tuple) return lists;
  return v.as_loop() != nullptr ? method_table(loops) : method_table();
}

inline value loop_attribute(const loop_context& loop, std::string_view name) {
  const auto i = static_cast<std::int64_t>(loop.i);
  const auto n = static_cast<std::int64_t>(loop.items.size());
  if (name == "index") return i + 1;
  if (name == "index0") return i;
  if (name == "revindex") return n - i;
  if (name == "revindex0") return n - i - 1;
  if (name == "first") return i == 0;
  if (name == "last") return i + 1 == n;
  if (name == "length") return n;
  if (name == "depth") return loop.level;
  if (name == "depth0") return loop.level - 1;
  if (name == "previtem")
    return i > 0 ? loop.items[loop.i - 1] : value::missing("there is no previous item");
  if (name == "nextitem")
    return i + 1 < n ? loop.items[loop.i + 1] : value::missing("there is no next item");
  return value::missing("'LoopContext object' has no attribute '" + std::string(name) + "'");
}

/// The function behind v.name(...), or null.
inline method find_method(const value& v, std::string_view name) {
  return find_entry(methods_of(v), name);
}

/// v.name where it is data: a loop's variable, a namespace's or a dictionary's entry; undefined if
/// there is none.
inline value data_attribute(environment& env, const value& v, std::string_view name) {
  if (v.as_loop() != nullptr) return loop_attribute(*v.as_loop(), name);
  if (v.as_namespace() != nullptr) {
    env.work(v.as_namespace()->attributes.size() / 8);
    for (const auto& [key, held] : v.as_namespace()->attributes) {
      if (key == name) return held;
    }
  }
  if (v.as_dict() != nullptr) {
    env.work(v.as_dict()->items.size() / 8);
    if (const value* found = v.as_dict()->find(name); found != nullptr) return *found;
  }
  return no_attribute(defined(v), name);
}

/// v.name: a method before an entry of the same name, as in Python.
inline value get_attribute(environment& env, const value& v, std::string_view name) {
  const method m = find_method(v, name);
  if (m == nullptr) return data_attribute(env, v, name);
  return std::make_shared<const callable>(
      callable{std::string(name), [&env, m, v](const arguments& args) { return m(env, v, args); },
               v.depth()});
}

/// v[key]: an entry before a method of the same name.
inline value get_item(environment& env, const value& v, const value& key) {
  defined(v);
  if (v.as_dict() != nullptr) {
    env.look(v);
    if (const value* found = v.as_dict()->find(key); found != nullptr) return *found;
  }
  if (key.is_string()) return get_attribute(env, v, key.as_text()->bytes);
  if (v.as_dict() == nullptr && integer(key)) return element(env, v, *integer(key));
  std::string shown;
  append_repr(env, key, shown);
  return value::missing(std::string(v.is_none() ? "None" : std::string(v.type()) + " object") +
                        " has no element " + shown);
}

}  // namespace zer0::detail::jinja

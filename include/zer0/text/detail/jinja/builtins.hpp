// What every template can name: the tests behind `is`, and the functions range, dict, namespace and
// those that Hugging Face adds.
#pragma once

#include <zer0/text/detail/jinja/attributes.hpp>
#include <zer0/text/detail/jinja/environment.hpp>

#include <array>
#include <cstdint>
#include <ctime>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace zer0::detail::jinja {

using test_function = bool (*)(environment&, const value&, const arguments&);

inline const value& operand(const arguments& args) {
  require(args.positional.size() == 1 && args.named.empty(), "the test takes one argument");
  return args.positional[0];
}
inline bool is_number(const value& v) { return number(v).has_value(); }
inline bool is_sequence(const value& v) {
  return v.is_string() || v.as_dict() != nullptr || v.is_undefined() ||
         (v.as_list() != nullptr && v.as_list()->what <= list::kind::tuple) ||
         (v.as_list() != nullptr && v.as_list()->what == list::kind::range);
}
inline bool identical(environment& env, const value& a, const value& b) {
  if (!a.same_kind(b)) return false;
  return a.depth() == 0 ? equal(env, a, b) : a.container() == b.container();
}

inline std::span<const entry<test_function>> tests() {
  using E = environment;
  using V = value;
  using A = arguments;
  static constexpr test_function eq = [](E& e, const V& v, const A& a) {
    return equal(e, v, operand(a));
  };
  static constexpr test_function ne = [](E& e, const V& v, const A& a) {
    return !equal(e, v, operand(a));
  };
  static constexpr test_function lt = [](E& e, const V& v, const A& a) {
    return less(e, v, operand(a));
  };
  static constexpr test_function gt = [](E& e, const V& v, const A& a) {
    return less(e, operand(a), v);
  };
  static constexpr test_function le = [](E& e, const V& v, const A& a) {
    return less(e, v, operand(a)) || equal(e, v, operand(a));
  };
  static constexpr test_function ge = [](E& e, const V& v, const A& a) {
    return less(e, operand(a), v) || equal(e, v, operand(a));
  };
  static constexpr entry<test_function> table[] = {
      {"defined", [](E&, const V& v, const A&) { return !v.is_undefined(); }},
      {"undefined", [](E&, const V& v, const A&) { return v.is_undefined(); }},
      {"none", [](E&, const V& v, const A&) { return v.is_none(); }},
      {"boolean", [](E&, const V& v, const A&) { return v.as_bool() != nullptr; }},
      {"true", [](E&, const V& v, const A&) { return v.as_bool() != nullptr && *v.as_bool(); }},
      {"false", [](E&, const V& v, const A&) { return v.as_bool() != nullptr && !*v.as_bool(); }},
      {"integer", [](E&, const V& v, const A&) { return v.as_int() != nullptr; }},
      {"float", [](E&, const V& v, const A&) { return v.as_double() != nullptr; }},
      {"number", [](E&, const V& v, const A&) { return is_number(v); }},
      {"string", [](E&, const V& v, const A&) { return v.is_string(); }},
      {"mapping", [](E&, const V& v, const A&) { return v.as_dict() != nullptr; }},
      {"sequence", [](E&, const V& v, const A&) { return is_sequence(v); }},
      {"iterable",
       [](E&, const V& v, const A&) {
         return is_sequence(v) || v.as_list() != nullptr || v.as_loop() != nullptr;
       }},
      {"callable", [](E&, const V& v, const A&) { return v.as_callable() != nullptr; }},
      {"escaped", [](E&, const V&, const A&) { return false; }},
      {"lower", [](E& e, const V& v,
                   const A&) { return truth(str_has_case<is_lower>(e, e.text(print(e, v)), {})); }},
      {"upper", [](E& e, const V& v,
                   const A&) { return truth(str_has_case<is_upper>(e, e.text(print(e, v)), {})); }},
      {"odd",
       [](E& e, const V& v, const A&) {
         return equal(e, binary(e, "%", v, V(std::int64_t{2})), V(std::int64_t{1}));
       }},
      {"even",
       [](E& e, const V& v, const A&) {
         return equal(e, binary(e, "%", v, V(std::int64_t{2})), V(std::int64_t{0}));
       }},
      {"divisibleby",
       [](E& e, const V& v, const A& a) {
         return equal(e, binary(e, "%", v, operand(a)), V(std::int64_t{0}));
       }},
      {"in", [](E& e, const V& v, const A& a) { return contains(e, operand(a), v); }},
      {"sameas", [](E& e, const V& v, const A& a) { return identical(e, v, operand(a)); }},
      {"equalto", eq},
      {"eq", eq},
      {"==", eq},
      {"ne", ne},
      {"!=", ne},
      {"lt", lt},
      {"lessthan", lt},
      {"<", lt},
      {"gt", gt},
      {"greaterthan", gt},
      {">", gt},
      {"le", le},
      {"<=", le},
      {"ge", ge},
      {">=", ge},
  };
  return table;
}

/// Whether `v is name(args)`.
inline bool apply_test(environment& env, std::string_view name, const value& v,
                       const arguments& args) {
  const test_function found = find_entry(tests(), name);
  require(found != nullptr, "there is no test named '", name, "'");
  env.look(v);
  return found(env, v, args);
}

inline value range_function(environment& env, const value&, const arguments& args) {
  const auto a = args.bind("range", {"start", "stop", "step"});
  require(a[0] != nullptr, "range needs an argument");
  const std::int64_t first = a[1] == nullptr ? 0 : require_integer(*a[0], "range's start");
  const std::int64_t last = require_integer(a[1] == nullptr ? *a[0] : *a[1], "range's end");
  const std::int64_t step = a[2] == nullptr ? 1 : require_integer(*a[2], "range's step");
  require(step != 0, "range() arg 3 must not be zero");
  std::vector<value> items;
  for (std::int64_t i = first; step > 0 ? i < last : i > last; i = add(i, step)) {
    require(items.size() < 100'000, "Range too big. The sandbox blocks ranges larger than 100000.");
    items.emplace_back(i);
  }
  return env.make_list(std::move(items), list::kind::range);
}

/// A dictionary of the given mapping or list of pairs; named arguments are added and replace
/// entries.
inline dict to_dict(environment& env, const arguments& args) {
  require(args.positional.size() <= 1, "dict and namespace take at most one positional argument");
  dict d;
  if (!args.positional.empty() && args.positional[0].as_dict() != nullptr) {
    d = *args.positional[0].as_dict();  // which message it is, too
  } else if (!args.positional.empty()) {
    for (const value& pair : elements(env, args.positional[0])) {
      require(pair.as_list() != nullptr && pair.as_list()->items.size() == 2, "dict needs pairs");
      env.work(d.items.size() / 8);
      d.set(pair.as_list()->items[0], pair.as_list()->items[1]);
    }
  }
  for (const auto& [name, v] : args.named) d.set(env.text(name), v);
  return d;
}

inline value dict_function(environment& env, const value&, const arguments& args) {
  return env.make_dict(to_dict(env, args));
}

inline value namespace_function(environment& env, const value&, const arguments& args) {
  name_space* made = env.make_namespace();
  for (const auto& [key, v] : to_dict(env, args).items)
    made->attributes.emplace_back(require_string(key, "a namespace's member"), v);
  env.spend(made->attributes.size() * sizeof(value));
  return made;
}

inline value raise_exception(environment& env, const value&, const arguments& args) {
  const auto a = args.bind("raise_exception", {"message"});
  fail(a[0] == nullptr ? "the template refuses the messages" : print(env, *a[0]).bytes);
}

/// The local time as C's strftime writes it.
inline value strftime_now(environment& env, const value&, const arguments& args) {
  const auto a = args.bind("strftime_now", {"format"});
  require(a[0] != nullptr, "strftime_now needs a format");
  const std::string& format = require_string(*a[0], "strftime_now's format");
  require(format.size() <= 200, "strftime_now's format is longer than 200 bytes");
  const std::time_t now = env.now();
  std::tm local{};
  localtime_r(&now, &local);
  std::array<char, 8192> buffer{};
  const std::size_t size = std::strftime(buffer.data(), buffer.size(), format.c_str(), &local);
  return env.text(std::string(buffer.data(), size));
}

}  // namespace zer0::detail::jinja

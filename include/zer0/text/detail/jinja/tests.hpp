// Tests: the names behind `is`.
#pragma once

#include <zer0/text/detail/jinja/members.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace zer0::jinja {

using test_function = bool (*)(environment&, const value&, const arguments&);

namespace detail {

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
  if (a.kind() != b.kind()) return false;
  return a.depth() == 0 ? equal(env, a, b) : a.container() == b.container();
}

}  // namespace detail

inline std::span<const entry<test_function>> tests() {
  using namespace detail;
  using E = environment;
  using V = value;
  using A = arguments;
  static constexpr test_function eq = [](E& e, const V& v, const A& a) { return equal(e, v, operand(a)); };
  static constexpr test_function ne = [](E& e, const V& v, const A& a) { return !equal(e, v, operand(a)); };
  static constexpr test_function lt = [](E& e, const V& v, const A& a) { return less(e, v, operand(a)); };
  static constexpr test_function gt = [](E& e, const V& v, const A& a) { return less(e, operand(a), v); };
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
       [](E&, const V& v, const A&) { return is_sequence(v) || v.as_list() != nullptr || v.as_loop() != nullptr; }},
      {"callable", [](E&, const V& v, const A&) { return v.as_callable() != nullptr; }},
      {"escaped", [](E&, const V&, const A&) { return false; }},
      {"lower", [](E& e, const V& v, const A&) { return truth(case_test<is_lower>(e, e.text(print(e, v)), {})); }},
      {"upper", [](E& e, const V& v, const A&) { return truth(case_test<is_upper>(e, e.text(print(e, v)), {})); }},
      {"odd",
       [](E& e, const V& v, const A&) { return equal(e, binary(e, "%", v, V(std::int64_t{2})), V(std::int64_t{1})); }},
      {"even",
       [](E& e, const V& v, const A&) { return equal(e, binary(e, "%", v, V(std::int64_t{2})), V(std::int64_t{0})); }},
      {"divisibleby",
       [](E& e, const V& v, const A& a) { return equal(e, binary(e, "%", v, operand(a)), V(std::int64_t{0})); }},
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
inline bool apply_test(environment& env, std::string_view name, const value& v, const arguments& args) {
  const test_function found = find_entry(tests(), name);
  require(found != nullptr, "there is no test named '", name, "'");
  env.look(v);
  return found(env, v, args);
}

}  // namespace zer0::jinja

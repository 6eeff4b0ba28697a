// What values are as booleans, numbers and texts, and how Python compares them.
#pragma once

#include <zer0/text/detail/jinja/print.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace zer0::detail::jinja {

inline bool truth(const value& v) {
  if (v.is_undefined() || v.is_none()) return false;
  if (v.as_bool() != nullptr) return *v.as_bool();
  if (v.as_int() != nullptr) return *v.as_int() != 0;
  if (v.as_double() != nullptr) return *v.as_double() != 0;
  if (v.is_string()) return !v.as_text()->bytes.empty();
  if (v.as_list() != nullptr)
    return v.as_list()->what == list::kind::generator || !v.as_list()->items.empty();
  if (v.as_dict() != nullptr) return !v.as_dict()->items.empty();
  return true;
}

/// A number, booleans too; nothing for other values.
inline std::optional<double> number(const value& v) {
  if (v.as_bool() != nullptr) return *v.as_bool() ? 1.0 : 0.0;
  if (v.as_int() != nullptr) return static_cast<double>(*v.as_int());
  if (v.as_double() != nullptr) return *v.as_double();
  return std::nullopt;
}

/// An integer, booleans too; nothing for other values.
inline std::optional<std::int64_t> integer(const value& v) {
  if (v.as_bool() != nullptr) return *v.as_bool() ? 1 : 0;
  if (v.as_int() != nullptr) return *v.as_int();
  return std::nullopt;
}

inline std::int64_t require_integer(const value& v, std::string_view what) {
  const auto i = integer(defined(v));
  require(i.has_value(), what, " must be an integer, not ", v.type());
  return *i;
}

inline const std::string& require_string(const value& v, std::string_view what) {
  require(defined(v).is_string(), what, " must be a string, not ", v.type());
  return v.as_text()->bytes;
}

inline bool equal(environment& env, const value& a, const value& b) {
  env.work(1);
  if (a.is_string() && b.is_string()) {
    env.look(a);
    return a.as_text()->bytes == b.as_text()->bytes;
  }
  if (a.as_list() != nullptr && b.as_list() != nullptr) {
    const auto& x = a.as_list()->items;
    const auto& y = b.as_list()->items;
    return a.as_list()->what == b.as_list()->what &&
           std::equal(x.begin(), x.end(), y.begin(), y.end(),
                      [&](const value& p, const value& q) { return equal(env, p, q); });
  }
  if (a.as_dict() != nullptr && b.as_dict() != nullptr) {
    const auto& x = a.as_dict()->items;
    env.work(x.size() * x.size() / 8);
    if (x.size() != b.as_dict()->items.size()) return false;
    return std::all_of(x.begin(), x.end(), [&](const auto& item) {
      const value* other = b.as_dict()->find(item.first);
      return other != nullptr && equal(env, item.second, *other);
    });
  }
  if (integer(a) && integer(b)) return *integer(a) == *integer(b);
  if (number(a) && number(b)) return *number(a) == *number(b);
  if (a.is_undefined() || a.is_none()) return a.same_kind(b);
  if (a.as_namespace() != nullptr || b.as_namespace() != nullptr)
    return a.as_namespace() == b.as_namespace();
  return false;
}

/// a < b; throws for types that have no order.
inline bool less(environment& env, const value& a, const value& b) {
  env.work(1);
  if (integer(a) && integer(b)) return *integer(a) < *integer(b);
  if (number(a) && number(b)) return *number(a) < *number(b);
  if (a.is_string() && b.is_string()) {
    env.look(a);
    return a.as_text()->bytes <
           b.as_text()->bytes;  // bytes of UTF-8 are ordered as code points are
  }
  if (a.as_list() != nullptr && b.as_list() != nullptr) {
    const auto& x = a.as_list()->items;
    const auto& y = b.as_list()->items;
    for (std::size_t i = 0; i < x.size() && i < y.size(); ++i) {
      if (!equal(env, x[i], y[i])) return less(env, x[i], y[i]);
    }
    return x.size() < y.size();
  }
  fail("'<' not supported between instances of '", defined(a).type(), "' and '", defined(b).type(),
       "'");
}

/// The place of `part` in `text` from byte `from` on, or npos.
inline std::size_t find(environment& env, std::string_view text, std::string_view part,
                        std::size_t from = 0) {
  if (from > text.size()) return std::string_view::npos;
  const std::size_t found = text.find(part, from);
  const std::size_t looked = (found == std::string_view::npos ? text.size() : found) - from;
  env.work(looked / 64 + looked / 1024 * (part.size() / 64));
  return found;
}

inline bool contains(environment& env, const value& whole, const value& part) {
  if (whole.is_string())
    return find(env, whole.as_text()->bytes,
                require_string(part, "the left side of 'in <string>'")) != std::string::npos;
  if (whole.as_dict() != nullptr) {
    env.look(whole);
    return whole.as_dict()->find(part) != nullptr;
  }
  if (whole.is_undefined()) return false;
  require(whole.as_list() != nullptr, "argument of type '", whole.type(), "' is not iterable");
  const auto& items = whole.as_list()->items;
  return std::any_of(items.begin(), items.end(),
                     [&](const value& item) { return equal(env, item, part); });
}

/// Whether a op b, for == != < <= > >= in and not in.
inline bool compare(environment& env, const value& a, std::string_view op, const value& b) {
  if (op == "==") return equal(env, a, b);
  if (op == "!=") return !equal(env, a, b);
  if (op == "in") return contains(env, b, a);
  if (op == "not in") return !contains(env, b, a);
  if (op == "<") return less(env, a, b);
  if (op == ">") return less(env, b, a);
  if (op == "<=") return less(env, a, b) || equal(env, a, b);
  return less(env, b, a) || equal(env, a, b);
}

}  // namespace zer0::detail::jinja

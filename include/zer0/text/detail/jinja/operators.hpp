// Python's operators on values: truth, comparison, arithmetic, `in`, subscripts and slices.
#pragma once

#include <zer0/text/detail/jinja/print.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

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

/// The elements of anything that can be iterated; keys of a dictionary, characters of a string,
/// nothing of undefined.
inline std::vector<value> elements(environment& env, const value& v) {
  env.look(v);
  if (v.is_undefined()) return {};
  if (v.as_list() != nullptr) return v.as_list()->items;
  std::vector<value> items;
  if (v.as_dict() != nullptr) {
    for (const auto& [key, item] : v.as_dict()->items) items.push_back(key);
    return items;
  }
  require(v.is_string(), "'", v.type(), "' object is not iterable");
  const marked_text& t = *v.as_text();
  env.work(t.marks.size() * t.bytes.size() / 8);
  each_character(t.bytes, [&](char32_t, std::size_t at, std::size_t bytes) {
    items.push_back(
        env.text(t.marks.empty() ? marked_text(t.bytes.substr(at, bytes)) : t.sub(at, at + bytes)));
  });
  return items;
}

inline std::int64_t size_of(environment& env, const value& v) {
  env.look(v);
  if (v.is_undefined()) return 0;
  if (v.is_string()) return static_cast<std::int64_t>(length(v.as_text()->bytes));
  if (v.as_dict() != nullptr) return static_cast<std::int64_t>(v.as_dict()->items.size());
  require(v.as_list() != nullptr && v.as_list()->what != list::kind::generator, "object of type '",
          v.type(), "' has no len(); use |list before |length");
  return static_cast<std::int64_t>(v.as_list()->items.size());
}

/// Why v has no such attribute, as Jinja says it.
inline value no_attribute(const value& v, std::string_view name) {
  return value::missing("'" +
                        std::string(v.is_none() ? "None" : std::string(v.type()) + " object") +
                        "' has no attribute '" + std::string(name) + "'");
}

/// v[index] for an integer, counted from the end if negative; undefined if there is none.
inline value element(environment& env, const value& v, std::int64_t index) {
  const auto nothing = [&] {
    return value::missing(std::string(v.type()) + " object has no element " +
                          std::to_string(index));
  };
  if (v.is_string()) env.look(v);
  const bool sequence =
      v.is_string() || (v.as_list() != nullptr && (v.as_list()->what == list::kind::list ||
                                                   v.as_list()->what == list::kind::tuple ||
                                                   v.as_list()->what == list::kind::range));
  if (!sequence) return nothing();
  const std::int64_t n =
      v.is_string() ? size_of(env, v) : static_cast<std::int64_t>(v.as_list()->items.size());
  const std::int64_t i = index < 0 ? index + n : index;
  if (i < 0 || i >= n) return nothing();
  if (v.as_list() != nullptr) return v.as_list()->items[static_cast<std::size_t>(i)];
  const std::string& bytes = v.as_text()->bytes;
  const std::size_t at = offset_of(bytes, static_cast<std::size_t>(i));
  return env.text(v.as_text()->sub(at, at + offset_of(std::string_view(bytes).substr(at), 1)));
}

/// v[from:to:step], each of them none where it is left out.
inline value slice(environment& env, const value& v, const value& from, const value& to,
                   const value& by) {
  require(v.is_string() || v.as_list() != nullptr, "'", defined(v).type(),
          "' object cannot be sliced");
  const std::int64_t step = by.is_none() ? 1 : require_integer(by, "a slice's step");
  require(step != 0, "a slice's step cannot be zero");
  const std::int64_t n =
      v.is_string() ? size_of(env, v) : static_cast<std::int64_t>(v.as_list()->items.size());
  const std::int64_t low = step < 0 ? -1 : 0;
  const std::int64_t high = step < 0 ? n - 1 : n;
  const auto place = [&](const value& at, std::int64_t otherwise) {
    if (at.is_none()) return otherwise;
    std::int64_t i = require_integer(at, "a slice's bound");
    if (i < 0) i = i < -n ? -1 : i + n;
    return std::clamp(i, low, high);
  };
  const std::int64_t begin = place(from, step < 0 ? high : low);
  const std::int64_t end = place(to, step < 0 ? low : high);
  if (v.is_string() && step == 1) {
    const std::string& bytes = v.as_text()->bytes;
    return env.text(
        v.as_text()->sub(offset_of(bytes, static_cast<std::size_t>(begin)),
                         offset_of(bytes, static_cast<std::size_t>(std::max(begin, end)))));
  }
  const std::vector<value> all = elements(env, v);
  std::vector<value> picked;
  const auto distance = static_cast<std::uint64_t>(step > 0 ? end - begin : begin - end);
  const std::uint64_t stride =
      step > 0 ? static_cast<std::uint64_t>(step) : 0 - static_cast<std::uint64_t>(step);
  const bool any = step > 0 ? end > begin : begin > end;
  const std::uint64_t count = any ? (distance - 1) / stride + 1 : 0;
  for (std::uint64_t k = 0; k < count; ++k)
    picked.push_back(all[static_cast<std::size_t>(begin + static_cast<std::int64_t>(k) * step)]);
  if (v.as_list() != nullptr) return env.make_list(std::move(picked), v.as_list()->what);
  marked_text joined;
  for (const value& c : picked) joined.append(*c.as_text());
  return env.text(std::move(joined));
}

/// Python's integers have no bounds; these have, and say so.
[[noreturn]] inline void too_large() { fail("an integer grows beyond 64 bits"); }

inline std::int64_t add(std::int64_t a, std::int64_t b) {
  std::int64_t c = 0;
  if (__builtin_add_overflow(a, b, &c)) too_large();
  return c;
}
inline std::int64_t multiply(std::int64_t a, std::int64_t b) {
  std::int64_t c = 0;
  if (__builtin_mul_overflow(a, b, &c)) too_large();
  return c;
}
inline std::int64_t negate(std::int64_t a) {
  if (a == std::numeric_limits<std::int64_t>::min()) too_large();
  return -a;
}

/// Rounded towards minus infinity.
inline std::int64_t floor_divide(std::int64_t a, std::int64_t b) {
  require(b != 0, "division by zero");
  if (b == -1) return negate(a);
  return a / b - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0);
}
inline std::int64_t modulo(std::int64_t a, std::int64_t b) {
  require(b != 0, "division by zero");
  if (b == -1) return 0;
  const std::int64_t r = a % b;
  return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}
inline double modulo(double a, double b) {
  require(b != 0, "division by zero");
  const double r = std::fmod(a, b);
  return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}

inline value power(std::int64_t a, std::int64_t b) {
  if (b < 0) {
    require(a != 0, "zero cannot be raised to a negative power");
    return std::pow(static_cast<double>(a), static_cast<double>(b));
  }
  std::int64_t result = 1;
  while (b > 0) {
    if ((b & 1) != 0) result = multiply(result, a);
    b >>= 1;
    if (b > 0) a = multiply(a, a);
  }
  return result;
}

/// A string or list `count` times.
inline value repeat(environment& env, const value& v, std::int64_t count) {
  const std::size_t n = count < 0 ? 0 : static_cast<std::size_t>(count);
  if (v.is_string()) {
    const marked_text& t = *v.as_text();
    if (!t.bytes.empty())
      env.fits(n > std::numeric_limits<std::size_t>::max() / t.bytes.size() ? n
                                                                            : n * t.bytes.size());
    marked_text to;
    for (std::size_t i = 0; i < n && !t.bytes.empty(); ++i) to.append(t);
    return env.text(std::move(to));
  }
  const auto& items = v.as_list()->items;
  if (!items.empty())
    env.room(n > std::numeric_limits<std::size_t>::max() / items.size() ? n : n * items.size());
  std::vector<value> to;
  for (std::size_t i = 0; i < n && !items.empty(); ++i)
    to.insert(to.end(), items.begin(), items.end());
  return env.make_list(std::move(to), v.as_list()->what);
}

value format_percent(environment& env, const value& format, const value& arguments);  // format.hpp

inline value calculate(std::string_view op, double a, double b) {
  if (op == "+") return a + b;
  if (op == "-") return a - b;
  if (op == "*") return a * b;
  if (op == "%") return modulo(a, b);
  if (op == "**") {
    const double p = std::pow(a, b);
    require(!std::isnan(p) || std::isnan(a) || std::isnan(b), "a power is not a real number");
    return p;
  }
  require(b != 0, "division by zero");
  return op == "/" ? a / b : std::floor(a / b);
}

inline value calculate(std::string_view op, std::int64_t a, std::int64_t b) {
  if (op == "+") return add(a, b);
  if (op == "-") {
    std::int64_t c = 0;
    if (__builtin_sub_overflow(a, b, &c)) too_large();
    return c;
  }
  if (op == "*") return multiply(a, b);
  if (op == "%") return modulo(a, b);
  if (op == "//") return floor_divide(a, b);
  if (op == "**") return power(a, b);
  return calculate(op, static_cast<double>(a), static_cast<double>(b));
}

/// a op b for + - * / // % **.
inline value binary(environment& env, std::string_view op, const value& a, const value& b) {
  defined(a);
  defined(b);
  if (integer(a) && integer(b)) return calculate(op, *integer(a), *integer(b));
  if (number(a) && number(b)) return calculate(op, *number(a), *number(b));
  const auto sequence = [](const value& v) {
    return v.is_string() || (v.as_list() != nullptr && v.as_list()->what <= list::kind::tuple);
  };
  if (op == "+" && a.is_string() && b.is_string()) {
    env.fits(a.as_text()->bytes.size() + b.as_text()->bytes.size());
    marked_text to = *a.as_text();
    to.append(*b.as_text());
    return env.text(std::move(to));
  }
  if (op == "+" && a.as_list() != nullptr && b.as_list() != nullptr && sequence(a) &&
      a.as_list()->what == b.as_list()->what) {
    std::vector<value> items = a.as_list()->items;
    env.room(items.size() + b.as_list()->items.size());
    items.insert(items.end(), b.as_list()->items.begin(), b.as_list()->items.end());
    return env.make_list(std::move(items), a.as_list()->what);
  }
  if (op == "*" && sequence(a) && integer(b)) return repeat(env, a, *integer(b));
  if (op == "*" && sequence(b) && integer(a)) return repeat(env, b, *integer(a));
  if (op == "%" && a.is_string()) return format_percent(env, a, b);
  if (op == "+" && a.is_string())
    fail("can only concatenate str (not \"", b.type(),
         "\") to str; use ~ to join anything as text");
  fail("unsupported operand type(s) for ", op, ": '", a.type(), "' and '", b.type(), "'");
}

/// -v.
inline value negate(const value& v) {
  if (integer(defined(v))) return negate(*integer(v));
  require(v.as_double() != nullptr, "bad operand type for unary -: '", v.type(), "'");
  return -*v.as_double();
}

}  // namespace zer0::detail::jinja

// Python's arithmetic on values: + - * / // % ** of numbers, texts and lists.
#pragma once

#include <zer0/text/detail/jinja/elements.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <utility>
#include <vector>

namespace zer0::detail::jinja {

/// Python's integers are unbounded; these have 64 bits, and exceeding them is an error.
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

/// A string or list, repeated `count` times.
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

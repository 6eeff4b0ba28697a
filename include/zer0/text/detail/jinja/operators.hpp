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

namespace zer0::jinja {

inline bool truth(const value& v) {
  if (v.is_undefined() || v.is_none()) return false;
  if (v.as_bool() != nullptr) return *v.as_bool();
  if (v.as_int() != nullptr) return *v.as_int() != 0;
  if (v.as_double() != nullptr) return *v.as_double() != 0;
  if (v.is_string()) return !v.as_text()->bytes.empty();
  if (v.as_list() != nullptr) return v.as_list()->what == list::kind::generator || !v.as_list()->items.empty();
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
  if (a.is_undefined() || a.is_none()) return a.kind() == b.kind();
  if (a.as_namespace() != nullptr || b.as_namespace() != nullptr) return a.as_namespace() == b.as_namespace();
  return false;
}

/// a < b; throws for types that have no order.
inline bool less(environment& env, const value& a, const value& b) {
  env.work(1);
  if (integer(a) && integer(b)) return *integer(a) < *integer(b);
  if (number(a) && number(b)) return *number(a) < *number(b);
  if (a.is_string() && b.is_string()) {
    env.look(a);
    return a.as_text()->bytes < b.as_text()->bytes;  // bytes of UTF-8 are ordered as code points are
  }
  if (a.as_list() != nullptr && b.as_list() != nullptr) {
    const auto& x = a.as_list()->items;
    const auto& y = b.as_list()->items;
    for (std::size_t i = 0; i < x.size() && i < y.size(); ++i) {
      if (!equal(env, x[i], y[i])) return less(env, x[i], y[i]);
    }
    return x.size() < y.size();
  }
  fail("'<' not supported between instances of '", defined(a).type(), "' and '", defined(b).type(), "'");
}

/// The place of `part` in `text` from byte `from` on, or npos.
inline std::size_t find(environment& env, std::string_view text, std::string_view part, std::size_t from = 0) {
  if (from > text.size()) return std::string_view::npos;
  const std::size_t found = text.find(part, from);
  const std::size_t looked = (found == std::string_view::npos ? text.size() : found) - from;
  env.work(looked / 64 + looked / 1024 * (part.size() / 64));
  return found;
}

inline bool contains(environment& env, const value& whole, const value& part) {
  if (whole.is_string())
    return find(env, whole.as_text()->bytes, require_string(part, "the left side of 'in <string>'")) !=
           std::string::npos;
  if (whole.as_dict() != nullptr) {
    env.look(whole);
    return whole.as_dict()->find(part) != nullptr;
  }
  if (whole.is_undefined()) return false;
  require(whole.as_list() != nullptr, "argument of type '", whole.type(), "' is not iterable");
  const auto& items = whole.as_list()->items;
  return std::any_of(items.begin(), items.end(), [&](const value& item) { return equal(env, item, part); });
}

/// The elements of anything that can be iterated; keys of a dictionary, characters of a string, nothing of undefined.
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
    items.push_back(env.text(t.marks.empty() ? marked_text(t.bytes.substr(at, bytes)) : t.sub(at, at + bytes)));
  });
  return items;
}

inline std::int64_t size_of(environment& env, const value& v) {
  env.look(v);
  if (v.is_undefined()) return 0;
  if (v.is_string()) return static_cast<std::int64_t>(length(v.as_text()->bytes));
  if (v.as_dict() != nullptr) return static_cast<std::int64_t>(v.as_dict()->items.size());
  require(v.as_list() != nullptr && v.as_list()->what != list::kind::generator, "object of type '", v.type(),
          "' has no len(); use |list before |length");
  return static_cast<std::int64_t>(v.as_list()->items.size());
}

/// Why v has no such member, as Jinja says it.
inline value no_member(const value& v, std::string_view name) {
  return value::missing("'" + std::string(v.is_none() ? "None" : std::string(v.type()) + " object") +
                        "' has no attribute '" + std::string(name) + "'");
}

/// v[index] for an integer, counted from the end if negative; undefined if there is none.
inline value element(environment& env, const value& v, std::int64_t index) {
  const auto nothing = [&] {
    return value::missing(std::string(v.type()) + " object has no element " + std::to_string(index));
  };
  if (v.is_string()) env.look(v);
  const bool sequence = v.is_string() || (v.as_list() != nullptr && (v.as_list()->what == list::kind::list ||
                                                                     v.as_list()->what == list::kind::tuple ||
                                                                     v.as_list()->what == list::kind::range));
  if (!sequence) return nothing();
  const std::int64_t n = v.is_string() ? size_of(env, v) : static_cast<std::int64_t>(v.as_list()->items.size());
  const std::int64_t i = index < 0 ? index + n : index;
  if (i < 0 || i >= n) return nothing();
  if (v.as_list() != nullptr) return v.as_list()->items[static_cast<std::size_t>(i)];
  const std::string& bytes = v.as_text()->bytes;
  const std::size_t at = offset_of(bytes, static_cast<std::size_t>(i));
  return env.text(v.as_text()->sub(at, at + offset_of(std::string_view(bytes).substr(at), 1)));
}

/// v[from:to:step], each of them none where it is left out.
inline value slice(environment& env, const value& v, const value& from, const value& to, const value& by) {
  require(v.is_string() || v.as_list() != nullptr, "'", defined(v).type(), "' object cannot be sliced");
  const std::int64_t step = by.is_none() ? 1 : require_integer(by, "a slice's step");
  require(step != 0, "a slice's step cannot be zero");
  const std::int64_t n = v.is_string() ? size_of(env, v) : static_cast<std::int64_t>(v.as_list()->items.size());
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
    return env.text(v.as_text()->sub(offset_of(bytes, static_cast<std::size_t>(begin)),
                                     offset_of(bytes, static_cast<std::size_t>(std::max(begin, end)))));
  }
  const std::vector<value> all = elements(env, v);
  std::vector<value> picked;
  const auto distance = static_cast<std::uint64_t>(step > 0 ? end - begin : begin - end);
  const std::uint64_t stride = step > 0 ? static_cast<std::uint64_t>(step) : 0 - static_cast<std::uint64_t>(step);
  const bool any = step > 0 ? end > begin : begin > end;
  const std::uint64_t count = any ? (distance - 1) / stride + 1 : 0;
  for (std::uint64_t k = 0; k < count; ++k)
    picked.push_back(all[static_cast<std::size_t>(begin + static_cast<std::int64_t>(k) * step)]);
  if (v.as_list() != nullptr) return env.make_list(std::move(picked), v.as_list()->what);
  marked_text joined;
  for (const value& c : picked) joined.append(*c.as_text());
  return env.text(std::move(joined));
}

}  // namespace zer0::jinja

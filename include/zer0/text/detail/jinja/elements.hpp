// What values hold: elements, sizes, and Python's subscripts and slices.
#pragma once

#include <zer0/text/detail/jinja/comparisons.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace zer0::detail::jinja {

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

/// v[from:to:step]; each of the three is none where it is left out.
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

}  // namespace zer0::detail::jinja

// JSON into values, and values into JSON as Python's json.dumps(ensure_ascii=False) writes it.
#pragma once

#include <zer0/io/detail/json_fields.hpp>
#include <zer0/text/detail/jinja/print.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace zer0::jinja {

/// Who wrote the strings of a JSON: no one that must be known, the assistant in a message, or someone else.
struct author {
  enum class kind { none, assistant, other };
  kind what = kind::none;
  int message = -1;
};

inline value from_json(environment& env, const nlohmann::ordered_json& j, author by = {}, int nesting = 0) {
  require(nesting < max_nesting, "the JSON is nested more than ", max_nesting, " deep");
  const auto text = [&](const std::string& s) {
    const std::size_t bad = find_invalid_utf8(s);
    require(bad == std::string::npos, "a string is not UTF-8 at byte ", bad);
    marked_text t(s);
    if (by.what == author::kind::assistant) t.add({0, s.size(), mark::kind::content, by.message});
    if (by.what == author::kind::other) t.add({0, s.size(), mark::kind::given, -1});
    return env.text(std::move(t));
  };
  switch (j.type()) {
    case nlohmann::json::value_t::boolean:
      return j.get<bool>();
    case nlohmann::json::value_t::number_integer:
      return j.get<std::int64_t>();
    case nlohmann::json::value_t::number_unsigned: {
      const auto u = j.get<std::uint64_t>();
      require(u <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()), "the integer ", u,
              " is above 2^63 - 1");
      return static_cast<std::int64_t>(u);
    }
    case nlohmann::json::value_t::number_float:
      return j.get<double>();
    case nlohmann::json::value_t::string:
      return text(j.get_ref<const std::string&>());
    case nlohmann::json::value_t::array: {
      std::vector<value> items;
      for (const auto& item : j) items.push_back(from_json(env, item, by, nesting + 1));
      return env.make_list(std::move(items));
    }
    case nlohmann::json::value_t::object: {
      dict d;
      for (const auto& [key, item] : json_members(j))
        d.items.emplace_back(text(key), from_json(env, item, by, nesting + 1));
      return env.make_dict(std::move(d));
    }
    default:
      return nullptr;
  }
}

struct json_style {
  bool ascii = false;
  bool sorted = false;
  bool lines = false;  ///< an element a line, each level indented by `indent`
  std::string indent;
  std::string comma = ", ";
  std::string colon = ": ";
};

class json_writer {
 public:
  json_writer(environment& env, const json_style& style) : env_(env), style_(style) {}

  std::string write(const value& v) {
    put(v, 0);
    return std::move(to_);
  }

 private:
  void put(const value& v, int level) {
    env_.work(1);
    env_.fits(to_.size());
    if (v.is_string()) return put_string(v.as_text()->bytes);
    if (v.as_list() != nullptr && is_array(*v.as_list())) return put_array(v.as_list()->items, level);
    if (v.as_dict() != nullptr) return put_object(*v.as_dict(), level);
    if (!put_scalar(v)) fail("Object of type ", v.type(), " is not JSON serializable");
  }

  static bool is_array(const list& l) { return l.what == list::kind::list || l.what == list::kind::tuple; }

  bool put_scalar(const value& v) {
    if (v.is_none())
      to_ += "null";
    else if (v.as_bool() != nullptr)
      to_ += *v.as_bool() ? "true" : "false";
    else if (v.as_int() != nullptr)
      to_ += std::to_string(*v.as_int());
    else if (v.as_double() != nullptr)
      to_ += number(*v.as_double());
    else
      return false;
    return true;
  }

  static std::string number(double d) {
    if (std::isnan(d)) return "NaN";
    if (std::isinf(d)) return d < 0 ? "-Infinity" : "Infinity";
    return print_float(d);
  }

  void put_string(std::string_view s) {
    to_ += '"';
    each_character(s, [&](char32_t c, std::size_t at, std::size_t bytes) {
      static constexpr std::string_view special = "\"\\\n\r\t\f\b";
      static constexpr std::string_view letters = "\"\\nrtfb";
      const std::size_t found = c < 0x80 ? special.find(static_cast<char>(c)) : std::string_view::npos;
      if (found != std::string_view::npos)
        (to_ += '\\') += letters[found];
      else if (c < 0x20 || (c >= 0x7F + (style_.ascii ? 0U : 0x110000U)))
        escape(c);
      else
        to_ += s.substr(at, bytes);
    });
    to_ += '"';
  }

  void escape(char32_t c) {
    if (c == 0x7F) {  // json.dumps takes it as ASCII
      to_ += '\x7F';
      return;
    }
    if (c >= 0x10000) {
      escape(0xD800 + ((c - 0x10000) >> 10));
      c = 0xDC00 + ((c - 0x10000) & 0x3FF);
    }
    to_ += "\\u";
    for (int shift = 12; shift >= 0; shift -= 4) to_ += "0123456789abcdef"[c >> shift & 0xF];
  }

  void put_key(const value& key) {
    if (key.is_string()) return put_string(key.as_text()->bytes);
    to_ += '"';
    require(put_scalar(key), "keys must be str, int, float, bool or None, not ", key.type());
    to_ += '"';
  }

  void line(int level) {
    if (!style_.lines) return;
    to_ += '\n';
    for (int i = 0; i < level; ++i) to_ += style_.indent;
    env_.fits(to_.size());
  }

  void put_array(const std::vector<value>& items, int level) {
    to_ += '[';
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (i > 0) to_ += style_.comma;
      line(level + 1);
      put(items[i], level + 1);
    }
    if (!items.empty()) line(level);
    to_ += ']';
  }

  void put_object(const dict& d, int level) {
    auto items = d.items;
    env_.spend(items.size() * 2 * sizeof(value));
    if (style_.sorted) {
      for (const auto& [key, v] : items) require(key.is_string(), "sort_keys needs keys that are strings");
      std::stable_sort(items.begin(), items.end(), [](const auto& a, const auto& b) {
        return a.first.as_text()->bytes < b.first.as_text()->bytes;
      });
    }
    to_ += '{';
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (i > 0) to_ += style_.comma;
      line(level + 1);
      put_key(items[i].first);
      to_ += style_.colon;
      put(items[i].second, level + 1);
    }
    if (!items.empty()) line(level);
    to_ += '}';
  }

  environment& env_;
  const json_style& style_;
  std::string to_;
};

}  // namespace zer0::jinja

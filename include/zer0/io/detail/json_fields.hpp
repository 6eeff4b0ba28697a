// Writing JSON objects key by key. Braces of nlohmann-json, {{"key", value}, ...}, mean the same and are compiled anew
// for every length of a key.
#pragma once

#include <zer0/core/types.hpp>

#include <nlohmann/json.hpp>

#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace zer0 {

/// A key and its value. `Json` is nlohmann::json or ordered_json.
template <class Json>
struct json_field {
  std::string key;
  Json value;

  json_field(const char* name, bool b) : key(name), value(b) {}
  json_field(const char* name, int number) : key(name), value(number) {}
  json_field(const char* name, index_t number) : key(name), value(number) {}
  json_field(const char* name, double number) : key(name), value(number) {}
  json_field(const char* name, std::nullptr_t) : key(name) {}
  json_field(const char* name, const char* text) : key(name), value(std::string(text)) {}
  json_field(const char* name, std::string_view text) : key(name), value(std::string(text)) {}
  /// A template, so that nothing else is converted to JSON: that is what costs.
  template <std::same_as<Json> J>
  json_field(const char* name, J j) : key(name), value(std::move(j)) {}
};

/// j[key] = value for each.
template <class Json>
void json_set(Json& j, std::initializer_list<std::type_identity_t<json_field<Json>>> fields) {
  for (const json_field<Json>& field : fields) j[field.key] = field.value;
}

template <class Json = nlohmann::json>
Json json_object(std::initializer_list<std::type_identity_t<json_field<Json>>> fields) {
  Json j = Json::object();
  json_set(j, fields);
  return j;
}

/// j[key], or null if j is no object or has none.
template <class Json>
const Json* json_find(const Json& j, const std::string& key) {
  const auto found = j.find(key);
  return found == j.end() ? nullptr : &*found;
}

/// For loops over keys and values; none if j is no object.
template <class Json>
const typename Json::object_t& json_members(const Json& j) {
  static const typename Json::object_t none;
  return j.is_object() ? j.template get_ref<const typename Json::object_t&>() : none;
}

/// Whether j is this string.
template <class Json>
bool json_is(const Json& j, const std::string& text) {
  return j.is_string() && j.template get_ref<const std::string&>() == text;
}

}  // namespace zer0

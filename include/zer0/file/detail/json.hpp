// Reading and writing JSON objects key by key, with errors that name file and key. It includes all
// of nlohmann-json, which costs a second of compile time, so only bodies may include it, never a
// header that users include.
#pragma once

#include <zer0/core/error.hpp>
#include <zer0/core/types.hpp>
#include <zer0/file/atomic.hpp>
#include <zer0/file/json_document.hpp>
#include <zer0/file/mapped_file.hpp>

#include <nlohmann/json.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace zer0::detail {

/// A key and its value, to write objects key by key. nlohmann-json's braces, {{"key", value}, ...},
/// do the same, but are compiled anew for every length of a key. `Json` is nlohmann::json or
/// ordered_json.
template <class Json>
struct json_field {
  std::string key;
  Json value;

  json_field(const char* name, bool b) : key(name), value(b) {}
  json_field(const char* name, int number) : key(name), value(number) {}
  json_field(const char* name, index_t number) : key(name), value(number) {}
  json_field(const char* name, std::uint64_t number) : key(name), value(number) {}
  json_field(const char* name, double number) : key(name), value(number) {}
  json_field(const char* name, std::nullptr_t) : key(name) {}
  json_field(const char* name, const char* text) : key(name), value(std::string(text)) {}
  json_field(const char* name, std::string_view text) : key(name), value(std::string(text)) {}
  /// A template, so that no other type is converted to JSON: such conversions are slow to compile.
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

/// {"step":1,"loss":2.5}: an object in one line, whose keys come in this order.
inline std::string json_line(std::span<const json_field<nlohmann::json>> fields) {
  std::string line;
  for (const json_field<nlohmann::json>& field : fields)
    line +=
        (line.empty() ? "{" : ",") + nlohmann::json(field.key).dump() + ':' + field.value.dump();
  return line.empty() ? "{}" : line + '}';
}

/// j[key], or null if j is no object or has none.
template <class Json>
const Json* json_find(const Json& j, const std::string& key) {
  const auto found = j.find(key);
  return found == j.end() ? nullptr : &*found;
}

/// The members of j, for loops over keys and values; none if j is no object.
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

/// Throws zer0::error naming the file, and the place for malformed JSON.
inline nlohmann::json read_json_file(const std::filesystem::path& path) {
  const mapped_file file(path);
  std::string problem;
  nlohmann::json value = parse_document(file.text(), problem);
  require(problem.empty(), path.string(), " is not valid JSON: ", problem);
  return value;
}

/// Replaces the file by `value`, indented by two spaces.
inline void write_json_file(const std::filesystem::path& path, const nlohmann::json& value) {
  atomic_file file(path);
  file.write(value.dump(2) + "\n");
  file.commit();
}

/// j[key]. Throws zer0::error if there is none.
inline const nlohmann::json& json_at(const nlohmann::json& j, const std::string& key,
                                     const std::filesystem::path& path) {
  const nlohmann::json* found = json_find(j, key);
  require(found != nullptr, path.string(), " has no key \"", key, "\"");
  return *found;
}

/// j[key] as a T. Throws zer0::error if it is missing or of another type.
template <class T>
T json_member(const nlohmann::json& j, const std::string& key, const std::filesystem::path& path) {
  const nlohmann::json& value = json_at(j, key, path);
  bool fits = std::is_same_v<T, std::string> ? value.is_string() : value.is_number();
  if constexpr (std::is_same_v<T, bool>)
    fits = value.is_boolean();
  else if constexpr (std::is_integral_v<T>)
    fits = value.is_number_integer();
  require(fits, path.string(), ": \"", key, "\" is ", value.dump(),
          ", which is of another type than expected");
  return value.template get<T>();
}

/// The same, or `otherwise` where the key is missing or null.
template <class T>
T json_or(const nlohmann::json& j, const std::string& key, T otherwise,
          const std::filesystem::path& path) {
  const nlohmann::json* found = json_find(j, key);
  if (found == nullptr || found->is_null()) return otherwise;
  return json_member<T>(j, key, path);
}

}  // namespace zer0::detail

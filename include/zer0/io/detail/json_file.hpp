// JSON files: reading members with errors that name file and key, writing atomically. Brings all of nlohmann-json,
// which costs a second of compile time: no other header of zer0 includes it, only their bodies do.
#pragma once

#include <zer0/core/error.hpp>
#include <zer0/io/atomic_file.hpp>
#include <zer0/io/detail/json_fields.hpp>
#include <zer0/io/json_document.hpp>
#include <zer0/io/mapped_file.hpp>

#include <nlohmann/json.hpp>

#include <filesystem>
#include <string>
#include <type_traits>

namespace zer0 {

/// Throws zer0::error naming the file, and the place for malformed JSON.
inline nlohmann::json read_json_file(const std::filesystem::path& path) {
  const mapped_file file(path);
  std::string problem;
  nlohmann::json value = detail::parse_document(file.text(), problem);
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
inline const nlohmann::json& member(const nlohmann::json& j, const std::string& key,
                                    const std::filesystem::path& path) {
  const nlohmann::json* found = json_find(j, key);
  require(found != nullptr, path.string(), " has no key \"", key, "\"");
  return *found;
}

/// j[key] as a T. Throws zer0::error if it is missing or of another type.
template <class T>
T json_member(const nlohmann::json& j, const std::string& key, const std::filesystem::path& path) {
  const nlohmann::json& value = member(j, key, path);
  bool fits = std::is_same_v<T, std::string> ? value.is_string() : value.is_number();
  if constexpr (std::is_same_v<T, bool>)
    fits = value.is_boolean();
  else if constexpr (std::is_integral_v<T>)
    fits = value.is_number_integer();
  require(fits, path.string(), ": \"", key, "\" is ", value.dump(), ", which is of another type than expected");
  return value.template get<T>();
}

/// The same, or `otherwise` where the key is missing or null.
template <class T>
T json_or(const nlohmann::json& j, const std::string& key, T otherwise, const std::filesystem::path& path) {
  const nlohmann::json* found = json_find(j, key);
  if (found == nullptr || found->is_null()) return otherwise;
  return json_member<T>(j, key, path);
}

}  // namespace zer0

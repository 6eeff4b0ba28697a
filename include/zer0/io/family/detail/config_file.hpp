// config.json of a model, read key by key with errors that name the file and the key.
#pragma once

#include <zer0/io/detail/json_file.hpp>

#include <filesystem>
#include <string>
#include <utility>

namespace zer0 {

class config_file {
 public:
  /// Reads `directory/config.json`.
  explicit config_file(const std::filesystem::path& directory)
      : path_(directory / "config.json"), json_(read_json_file(path_)) {}

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] bool has(const std::string& key) const {
    const nlohmann::json* found = json_find(json_, key);
    return found != nullptr && !found->is_null();
  }
  [[nodiscard]] const nlohmann::json& operator[](const std::string& key) const { return json_.at(key); }

  template <class T>
  [[nodiscard]] T get(const std::string& key) const {
    return json_member<T>(json_, key, path_);
  }
  /// Where the key is missing or null: `otherwise`.
  template <class T>
  [[nodiscard]] T get_or(const std::string& key, T otherwise) const {
    return json_or<T>(json_, key, std::move(otherwise), path_);
  }

  /// Throws zer0::error unless the key is missing, null or has this value.
  void only(const std::string& key, const nlohmann::json& value) const {
    require(!has(key) || json_.at(key) == value, path_.string(), ": ", key, " is ",
            has(key) ? json_.at(key).dump() : "", "; only ", value.dump(), " is supported in models of this type");
  }

 private:
  std::filesystem::path path_;
  nlohmann::json json_;
};

}  // namespace zer0

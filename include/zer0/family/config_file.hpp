// config.json of a model, read key by key with errors that name the file and the key.
#pragma once

#include <zer0/core/detail/compiled.hpp>
#include <zer0/core/types.hpp>
#include <zer0/file/json_document.hpp>

#include <concepts>
#include <filesystem>
#include <string>

namespace zer0 {

/// What a key of a config.json may hold.
template <class T>
concept config_value = std::same_as<T, bool> || std::same_as<T, index_t> ||
                       std::same_as<T, double> || std::same_as<T, std::string>;

/// What a family's `read` gets. All functions throw zer0::error.
class config_file {
 public:
  /// Reads `directory/config.json`.
  explicit config_file(const std::filesystem::path& directory);
  /// Text of one that `path` holds or would hold; `path` is for messages.
  config_file(nlohmann::json content, std::filesystem::path path);

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  /// Whether the key is there and not null.
  [[nodiscard]] bool has(const std::string& key) const;
  /// Whatever stands there; who looks at it includes <nlohmann/json.hpp>.
  [[nodiscard]] const nlohmann::json& operator[](const std::string& key) const;

  /// A value that must be there, and of this type.
  template <config_value T>
  [[nodiscard]] T get(const std::string& key) const;
  /// Where the key is missing or null: `otherwise`.
  template <config_value T>
  [[nodiscard]] T get_or(const std::string& key, T otherwise) const;

  /// Refuses a file whose key is there with another value than this.
  void only(const std::string& key, const nlohmann::json& value) const;

 private:
  std::filesystem::path path_;
  held<nlohmann::json> json_;
};

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/family/detail/config_file.ipp>
#endif

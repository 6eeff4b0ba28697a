// What differs between the files of model families: the keys of config.json and the names of
// tensors.
#pragma once

#include <zer0/core/detail/compiled.hpp>
#include <zer0/core/dims.hpp>
#include <zer0/core/types.hpp>
#include <zer0/file/json_document.hpp>

#include <nlohmann/json_fwd.hpp>

#include <concepts>
#include <filesystem>
#include <string>
#include <string_view>

namespace zer0 {

/// What a key of a config.json may hold.
template <class T>
concept config_value = std::same_as<T, bool> || std::same_as<T, index_t> ||
                       std::same_as<T, double> || std::same_as<T, std::string>;

/// A config.json, read key by key: what a family's `read` gets. Throws zer0::error naming it.
class config_file {
 public:
  /// Reads `directory/config.json`.
  explicit config_file(const std::filesystem::path& directory);
  /// Takes the content instead of reading a file; `path` is for messages.
  config_file(nlohmann::json content, std::filesystem::path path);

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  /// Whether the key is there and not null.
  [[nodiscard]] bool has(const std::string& key) const;
  /// The value as JSON. To look at it include <nlohmann/json.hpp>.
  [[nodiscard]] const nlohmann::json& operator[](const std::string& key) const;

  /// The value of a key, which must be there and have this type.
  template <config_value T>
  [[nodiscard]] T get(const std::string& key) const;
  /// The value of a key, or `otherwise` if it is missing or null.
  template <config_value T>
  [[nodiscard]] T get_or(const std::string& key, T otherwise) const;

  /// Throws if the key is there with another value than this.
  void only(const std::string& key, const nlohmann::json& value) const;

 private:
  std::filesystem::path path_;
  held<nlohmann::json> json_;
};

struct model_family;

/// What config.json says of a model.
struct model_config {
  dims sizes = {};
  bool tied = false;  ///< the output head's weights are the embedding's
  /// The family whose keys and names the files have; set by `read_config` and `config_of`.
  const model_family* family = nullptr;
  std::string rope_type = "default";  ///< Hugging Face's name for the scaling of rotary positions
};

/// Where the rows of a parameter lie in a file.
struct tensor_place {
  std::string name;
  bool transposed = false;  ///< the file has (in, out)
  int part = 0;             ///< which of the `parts` that are stacked in the tensor
  int parts = 1;            ///< number of stacked parts, all of equal size
};

namespace family {

/// The place under zer0's own name, which is that of Llama's files.
tensor_place own_place(const std::string& name);

/// Whether a tensor is a table of rotary frequencies, which some files hold in every layer.
bool is_rotary_table(std::string_view name);

}  // namespace family

namespace detail {

/// The name with `from` replaced where it first occurs.
std::string renamed(std::string name, std::string_view from, std::string_view to);

}  // namespace detail

/// One family. A variant names its own: `static constexpr const model_family& files = my_family;`.
/// Tensors that it does not rename have zer0's names, which are those of Llama's files. `read` and
/// `write` leave alone what every config.json has (model_type, architectures, vocab_size,
/// torch_dtype).
struct model_family {
  std::string_view type;          ///< model_type in config.json
  std::string_view architecture;  ///< "architectures" there
  void (*read)(const config_file&, model_config&);
  void (*write)(const model_config&, nlohmann::json&);
  /// The place in files of the parameter that zer0 calls `name`.
  tensor_place (*place)(const std::string& name) = family::own_place;
  /// Whether a tensor holds nothing learned, so that it is passed over.
  bool (*is_of_no_use)(std::string_view name) = family::is_rotary_table;
  std::string_view prefix = "";  ///< of the names of tensors; some files leave it out
  bool interleaved = false;      ///< whether rotary rows in files are interleaved pairs
};

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/family/detail/family.ipp>
#endif

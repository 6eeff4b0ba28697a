// The tensors of a model's directory: one safetensors file, or shards.
#pragma once

#include <zer0/io/json_file.hpp>
#include <zer0/io/safetensors.hpp>

#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace zer0::detail {

/// Tensors of `model.safetensors`, or of the shards that `model.safetensors.index.json` lists.
class weight_files {
 public:
  explicit weight_files(const std::filesystem::path& directory) : directory_(directory) {
    const auto index = directory / "model.safetensors.index.json";
    if (!std::filesystem::exists(index)) {
      add(directory / "model.safetensors");
      return;
    }
    const nlohmann::json map = member(read_json_file(index), "weight_map", index);
    std::set<std::string> names;
    for (const auto& [tensor, file] : map.items()) {
      require(file.is_string(), index.string(), ": the shard of ", tensor, " is not a string");
      names.insert(file.template get<std::string>());
    }
    for (const std::string& name : names) add(directory / name);
  }

  /// The tensor of that name, or null.
  [[nodiscard]] const tensor_entry* find(std::string_view name) const {
    const auto found = entries_.find(name);
    return found == entries_.end() ? nullptr : found->second;
  }
  [[nodiscard]] const auto& entries() const { return entries_; }

 private:
  void add(const std::filesystem::path& path) {
    files_.push_back(std::make_unique<safetensors_file>(path));
    for (const tensor_entry& entry : files_.back()->entries()) {
      const bool fresh = entries_.emplace(entry.name, &entry).second;
      require(fresh, path.string(), ": tensor ", entry.name, " is in another shard too");
    }
  }

  std::filesystem::path directory_;
  std::vector<std::unique_ptr<safetensors_file>> files_;
  std::map<std::string, const tensor_entry*, std::less<>> entries_;
};

}  // namespace zer0::detail

namespace zer0 {

/// The names of all tensors in a model's directory, shards together.
inline std::vector<std::string> tensor_names(const std::filesystem::path& directory) {
  std::vector<std::string> names;
  const detail::weight_files files(directory);
  for (const auto& [name, entry] : files.entries()) names.push_back(name);
  return names;
}

}  // namespace zer0

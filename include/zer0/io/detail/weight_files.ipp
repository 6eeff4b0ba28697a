// Bodies of zer0/io/weight_files.hpp.
#pragma once

#include <zer0/io/detail/json_file.hpp>
#include <zer0/io/weight_files.hpp>

#include <set>

namespace zer0 {
namespace detail {

ZER0_INLINE weight_files::weight_files(const std::filesystem::path& directory) : directory_(directory) {
  const auto index = directory / "model.safetensors.index.json";
  if (!std::filesystem::exists(index)) {
    add(directory / "model.safetensors");
    return;
  }
  const nlohmann::json map = member(read_json_file(index), "weight_map", index);
  std::set<std::string> names;
  for (const auto& [tensor, file] : json_members(map)) {
    require(file.is_string(), index.string(), ": the shard of ", tensor, " is not a string");
    names.insert(file.get<std::string>());
  }
  for (const std::string& name : names) add(directory / name);
}

ZER0_INLINE weight_files::weight_files(weight_files&&) noexcept = default;
ZER0_INLINE weight_files& weight_files::operator=(weight_files&&) noexcept = default;
ZER0_INLINE weight_files::~weight_files() = default;

ZER0_INLINE const tensor_entry* weight_files::find(std::string_view name) const {
  const auto found = entries_.find(name);
  return found == entries_.end() ? nullptr : found->second;
}

ZER0_INLINE void weight_files::add(const std::filesystem::path& path) {
  files_.push_back(std::make_unique<safetensors_file>(path));
  for (const tensor_entry& entry : files_.back()->entries()) {
    const bool fresh = entries_.emplace(entry.name, &entry).second;
    require(fresh, path.string(), ": tensor ", entry.name, " is in another shard too");
  }
}

}  // namespace detail

ZER0_INLINE std::vector<std::string> tensor_names(const std::filesystem::path& directory) {
  std::vector<std::string> names;
  const detail::weight_files files(directory);
  for (const auto& [name, entry] : files.entries()) names.push_back(name);
  return names;
}

}  // namespace zer0

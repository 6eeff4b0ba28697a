// The tensors of a model's directory: one safetensors file, or shards.
#pragma once

#include <zer0/core/compiled.hpp>
#include <zer0/io/safetensors.hpp>

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace zer0 {
namespace detail {

/// Tensors of `model.safetensors`, or of the shards that `model.safetensors.index.json` lists.
class weight_files {
 public:
  explicit weight_files(const std::filesystem::path& directory);
  weight_files(weight_files&&) noexcept;
  weight_files& operator=(weight_files&&) noexcept;
  ~weight_files();

  /// The tensor of that name, or null.
  [[nodiscard]] const tensor_entry* find(std::string_view name) const;
  [[nodiscard]] const std::map<std::string, const tensor_entry*, std::less<>>& entries() const { return entries_; }

 private:
  void add(const std::filesystem::path& path);

  std::filesystem::path directory_;
  std::vector<std::unique_ptr<safetensors_file>> files_;
  std::map<std::string, const tensor_entry*, std::less<>> entries_;
};

}  // namespace detail

/// The names of all tensors in a model's directory, shards together.
std::vector<std::string> tensor_names(const std::filesystem::path& directory);

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/io/detail/weight_files.ipp>
#endif

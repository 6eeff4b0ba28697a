// Bodies of zer0/checkpoint/model_files.hpp.
#pragma once

#include <zer0/checkpoint/model_files.hpp>

namespace zer0 {

ZER0_INLINE std::vector<std::string> tensor_names(const std::filesystem::path& directory) {
  std::vector<std::string> names;
  const detail::weight_files files(directory);
  for (const auto& [name, entry] : files.entries()) names.push_back(name);
  return names;
}

}  // namespace zer0

// Bodies of zer0/family/model_families.hpp: zer0's own files.
#pragma once

#include <zer0/core/dims.hpp>
#include <zer0/family/model_families.hpp>
#include <zer0/file/detail/json.hpp>

#include <string>
#include <type_traits>

namespace zer0::family::detail {

ZER0_INLINE void read_own(const config_file& file, model_config& config) {
  visit_sizes(config.sizes, [&](const size_info& size, auto& value) {
    using T = std::remove_reference_t<decltype(value)>;
    if (size.use == size_use::adapter) return;
    const std::string key(size.key);
    // A count that cannot be 0 must be in the file; a key that earlier versions did not write has a
    // default.
    const bool needed = std::is_same_v<T, index_t> && !size.range.holds(0);
    value = needed ? file.get<T>(key) : file.get_or<T>(key, value);
  });
  config.rope_type = file.get_or<std::string>("rope_type", "default");
  config.tied = file.get_or("tie_word_embeddings", false);
}

ZER0_INLINE void write_own(const model_config& config, nlohmann::json& j) {
  visit_sizes(config.sizes, [&](const size_info& size, const auto& value) {
    if (size.use != size_use::adapter) j[std::string(size.key)] = value;
  });
  zer0::detail::json_set(j,
                         {{"rope_type", config.rope_type}, {"tie_word_embeddings", config.tied}});
}

}  // namespace zer0::family::detail

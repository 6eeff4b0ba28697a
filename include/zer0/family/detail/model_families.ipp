// Bodies of zer0/family/model_families.hpp.
#pragma once

#include <zer0/family/family.hpp>
#include <zer0/family/model_families.hpp>
#include <zer0/file/detail/json.hpp>

#include <utility>

namespace zer0 {

namespace detail {

ZER0_INLINE const model_family& family_named(std::string_view type,
                                             const std::filesystem::path& path,
                                             const model_family& own) {
  if (own.type == type) return own;
  std::string known;
  for (const model_family* f : model_families) {
    if (f->type == type) return *f;
    known += (known.empty() ? "\"" : ", \"") + std::string(f->type) + "\"";
  }
  fail(path.string(), ": model_type is \"", type, "\"; this version reads ", known);
}

ZER0_INLINE model_config config_in(const config_file& file, const model_family& own) {
  const auto type = file.get_or<std::string>("model_type", "llama");
  model_config config{.family = &detail::family_named(type, file.path(), own)};
  config.sizes.vocab_size = file.get<index_t>("vocab_size");
  config.family->read(file, config);
  config.sizes.check();
  return config;
}

ZER0_INLINE nlohmann::json json_of(const model_config& config) {
  require(config.family != nullptr,
          "write_config: the config names no family; take it from config_of<variant>(sizes)");
  nlohmann::json j;
  j["architectures"].push_back(std::string(config.family->architecture));
  json_set(j, {{"model_type", config.family->type},
               {"vocab_size", config.sizes.vocab_size},
               {"torch_dtype", "float32"}});
  config.family->write(config, j);
  return j;
}

}  // namespace detail

ZER0_INLINE model_config read_config(const std::filesystem::path& directory,
                                     const model_family& family) {
  return detail::config_in(config_file(directory), family);
}

ZER0_INLINE void write_config(const std::filesystem::path& directory, const model_config& config) {
  detail::write_json_file(directory / "config.json", detail::json_of(config));
}

ZER0_INLINE std::optional<size_difference> config_difference(const model_config& model,
                                                             const std::filesystem::path& directory,
                                                             std::initializer_list<size_use> uses) {
  const config_file would_be(detail::json_of(model), directory / "config.json");
  return first_difference(detail::config_in(would_be, *model.family).sizes,
                          read_config(directory, *model.family).sizes, uses);
}

}  // namespace zer0

// Bodies of zer0/io/model_files.hpp.
#pragma once

#include <zer0/io/family/detail/config_file.hpp>
#include <zer0/io/model_files.hpp>

namespace zer0 {

ZER0_INLINE model_config read_config(const std::filesystem::path& directory) {
  const config_file file(directory);
  model_config config;
  config.family = file.get_or<std::string>("model_type", "llama");
  const model_family& family = family_named(config.family, file.path());
  config.sizes.vocab_size = file.get<index_t>("vocab_size");
  family.read(file, config);
  config.sizes.check();
  return config;
}

ZER0_INLINE void write_config(const std::filesystem::path& directory, const model_config& config) {
  const std::filesystem::path path = directory / "config.json";
  const model_family& family = family_named(config.family, path);
  nlohmann::json j;
  j["architectures"].push_back(std::string(family.architecture));
  json_set(j, {{"model_type", family.type}, {"vocab_size", config.sizes.vocab_size}, {"torch_dtype", "float32"}});
  family.write(config, j);
  write_json_file(path, j);
}

namespace detail {

ZER0_INLINE family_files::family_files(const std::filesystem::path& directory, const model_config& variant)
    : directory_(directory), files_(directory), family_(&family_named(variant.family, directory)), variant_(variant) {
  if (!std::filesystem::exists(directory / "config.json")) return;
  const model_config config = read_config(directory);
  require(config.rope_type == variant.rope_type || variant.rope_type == "other", directory.string(),
          ": config.json has rotary positions of rope_type \"", config.rope_type, "\", the variant of \"",
          variant.rope_type, "\"; choose the variant's position accordingly: scaled_rope<rope_half_split, ...>");
  type_ = config.family;
  family_ = &family_named(type_, directory);
  tied_ = config.tied;
}

ZER0_INLINE family_files::~family_files() = default;

ZER0_INLINE const tensor_entry& family_files::take(const std::string& name) {
  const tensor_entry* entry = files_.find(name);
  if (entry == nullptr && name.starts_with(family_->prefix)) entry = files_.find(name.substr(family_->prefix.size()));
  require(entry != nullptr, directory_.string(), " has no tensor ", name, ", which the model needs", why());
  used_.insert(entry->name);
  return *entry;
}

ZER0_INLINE void family_files::check_left_over(bool tied) const {
  for (const auto& [name, entry] : files_.entries()) {
    const bool known =
        used_.contains(name) || family_->is_of_no_use(name) || (tied && tied_ && name == "lm_head.weight");
    require(known, directory_.string(), " has a tensor ", name, ", which the model does not", why());
  }
}

ZER0_INLINE std::string family_files::why() const {
  std::string text = "; its files do not belong to this variant or to these sizes";
  if (!type_.empty() && type_ != variant_.family)
    text += " (config.json: " + type_ + ", the variant: " + variant_.family + ")";
  return text;
}

}  // namespace detail

}  // namespace zer0

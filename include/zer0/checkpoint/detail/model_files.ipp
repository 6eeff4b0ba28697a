// Bodies of zer0/checkpoint/model_files.hpp.
#pragma once

#include <zer0/checkpoint/model_files.hpp>
#include <zer0/file/detail/json.hpp>

#include <cmath>

namespace zer0 {

ZER0_INLINE std::vector<std::string> tensor_names(const std::filesystem::path& directory) {
  std::vector<std::string> names;
  const detail::weight_files files(directory);
  for (const auto& [name, entry] : files.entries()) names.push_back(name);
  return names;
}

namespace detail {

inline constexpr const char* peft_prefix = "base_model.model.";

ZER0_INLINE std::string peft_name(const model_family& family, const std::string& name) {
  const std::size_t end = name.rfind(".lora_");
  const tensor_place place = family.place(name.substr(0, end) + ".weight");
  require(!place.transposed && place.parts == 1, "adapters of models of type \"", family.type,
          "\" are not supported in files: there ", place.name, " holds what ", name.substr(0, end),
          " is here");
  return peft_prefix + place.name.substr(0, place.name.rfind(".weight")) + name.substr(end);
}

/// Refuses settings that change the numbers and that zer0 does not support, unless they are empty
/// or false.
ZER0_INLINE void refuse_other_adapters(const nlohmann::json& j, const std::filesystem::path& path) {
  const auto type = json_member<std::string>(j, "peft_type", path);
  require(type == "LORA", path.string(), ": peft_type is \"", type, "\"; only LORA is supported");
  const auto bias = json_or<std::string>(j, "bias", "none", path);
  require(bias == "none", path.string(), ": bias is \"", bias, "\"; only none is supported");
  for (const char* key :
       {"use_dora", "fan_in_fan_out", "modules_to_save", "rank_pattern", "alpha_pattern",
        "layers_to_transform", "layer_replication", "trainable_token_indices"}) {
    const nlohmann::json* found = json_find(j, key);
    if (found == nullptr || found->empty() || (found->is_boolean() && !found->get<bool>()))
      continue;
    fail(path.string(), ": ", key, " is ", found->dump(), "; adapters with it are not supported");
  }
}

/// `target_modules`: a list of names, or "all-linear".
ZER0_INLINE std::string projections_of(const nlohmann::json& j, const std::filesystem::path& path) {
  const nlohmann::json& modules = json_at(j, "target_modules", path);
  if (json_is(modules, "all-linear")) return "all";
  require(modules.is_array(), path.string(), ": target_modules is ", modules.dump(),
          "; it must be a list of names such as [\"q_proj\", \"v_proj\"]");
  std::string names;
  for (const nlohmann::json& name : modules) {
    require(name.is_string(), path.string(), ": target_modules holds ", name.dump(),
            ", which is no name");
    names += (names.empty() ? "" : " ") + name.get<std::string>();
  }
  return names;
}

ZER0_INLINE void write_adapter_config(const std::filesystem::path& directory,
                                      const lora_sizes& sizes, const std::set<std::string>& modules,
                                      const std::string& base) {
  nlohmann::json names = nlohmann::json::array();
  for (const std::string& name : modules) names.push_back(name);
  write_json_file(directory / "adapter_config.json",
                  json_object({{"peft_type", "LORA"},
                               {"task_type", "CAUSAL_LM"},
                               {"base_model_name_or_path", base},
                               {"inference_mode", true},
                               {"r", sizes.rank},
                               {"lora_alpha", sizes.alpha},
                               {"lora_dropout", sizes.dropout},
                               {"target_modules", std::move(names)},
                               {"bias", "none"},
                               {"fan_in_fan_out", false},
                               {"use_rslora", false},
                               {"use_dora", false},
                               {"init_lora_weights", true},
                               {"modules_to_save", nullptr},
                               {"rank_pattern", nlohmann::json::object()},
                               {"alpha_pattern", nlohmann::json::object()},
                               {"layers_to_transform", nullptr},
                               {"layers_pattern", nullptr},
                               {"revision", nullptr}}));
}

ZER0_INLINE void require_adapter_sizes(const std::filesystem::path& directory,
                                       const lora_sizes& sizes) {
  const lora_sizes in_file = read_adapter_config(directory);
  require(in_file.rank == sizes.rank && in_file.alpha == sizes.alpha, directory.string(),
          ": the adapter has rank ", in_file.rank, " and alpha ", in_file.alpha,
          ", the model rank ", sizes.rank, " and alpha ", sizes.alpha,
          "; take its sizes from read_adapter_config");
}

ZER0_INLINE adapter_tensors::adapter_tensors(const std::filesystem::path& directory)
    : directory_(directory), file_(directory / "adapter_model.safetensors") {}

ZER0_INLINE adapter_tensors::~adapter_tensors() = default;

ZER0_INLINE const tensor_entry& adapter_tensors::take(const std::string& name) {
  const tensor_entry& entry = file_.at(name);
  used_.insert(entry.name);
  return entry;
}

ZER0_INLINE void adapter_tensors::check_left_over() const {
  for (const tensor_entry& entry : file_.entries())
    require(
        used_.contains(entry.name), directory_.string(), " has a tensor ", entry.name,
        ", which the model does not; the adapter belongs to other projections or to another model");
}

}  // namespace detail

ZER0_INLINE lora_sizes read_adapter_config(const std::filesystem::path& directory) {
  const std::filesystem::path path = directory / "adapter_config.json";
  const nlohmann::json j = detail::read_json_file(path);
  detail::refuse_other_adapters(j, path);
  lora_sizes sizes{.rank = detail::json_member<index_t>(j, "r", path),
                   .alpha = detail::json_member<double>(j, "lora_alpha", path),
                   .dropout = detail::json_or<double>(j, "lora_dropout", 0, path),
                   .projections = detail::projections_of(j, path)};
  require(sizes.rank > 0, path.string(), ": r is ", sizes.rank, "; it must be at least 1");
  if (detail::json_or<bool>(j, "use_rslora", false, path))
    sizes.alpha *= std::sqrt(static_cast<double>(sizes.rank));
  return sizes;
}

}  // namespace zer0

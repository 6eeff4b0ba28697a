// LoRA adapters as a directory in PEFT's layout: adapter_config.json and adapter_model.safetensors.
#pragma once

#include <zer0/io/model_files.hpp>

#include <cmath>
#include <filesystem>
#include <set>
#include <string>

namespace zer0 {

namespace detail {

inline constexpr const char* peft_prefix = "base_model.model.";

/// The name in PEFT's files of a part of an adapter, "model.layers.0.self_attn.q_proj.lora_A.weight". Throws
/// zer0::error if the module that it adapts is not a whole one in files of this family.
inline std::string peft_name(const model_family& family, const std::string& name) {
  const std::size_t end = name.rfind(".lora_");
  const tensor_place place = family.place(name.substr(0, end) + ".weight");
  require(!place.transposed && place.parts == 1, "adapters of models of type \"", family.type,
          "\" are not supported in files: there ", place.name, " holds what ", name.substr(0, end), " is here");
  return peft_prefix + place.name.substr(0, place.name.rfind(".weight")) + name.substr(end);
}

/// Refuses what changes the numbers and is not known here; keys of later versions that are empty or false do not.
inline void refuse_other_adapters(const nlohmann::json& j, const std::filesystem::path& path) {
  const auto type = json_member<std::string>(j, "peft_type", path);
  require(type == "LORA", path.string(), ": peft_type is \"", type, "\"; only LORA is supported");
  const auto bias = json_or<std::string>(j, "bias", "none", path);
  require(bias == "none", path.string(), ": bias is \"", bias, "\"; only none is supported");
  for (const char* key : {"use_dora", "fan_in_fan_out", "modules_to_save", "rank_pattern", "alpha_pattern",
                          "layers_to_transform", "layer_replication", "trainable_token_indices"}) {
    const bool off = !j.contains(key) || j[key].is_null() || j[key] == false || j[key].empty();
    require(off, path.string(), ": ", key, " is ", j.value(key, nlohmann::json()).dump(),
            "; adapters with it are not supported");
  }
}

/// `target_modules`: a list of names, or "all-linear".
inline std::string projections_of(const nlohmann::json& j, const std::filesystem::path& path) {
  const nlohmann::json& modules = member(j, "target_modules", path);
  if (modules == "all-linear") return "all";
  require(modules.is_array(), path.string(), ": target_modules is ", modules.dump(),
          "; it must be a list of names such as [\"q_proj\", \"v_proj\"]");
  std::string names;
  for (const nlohmann::json& name : modules) {
    require(name.is_string(), path.string(), ": target_modules holds ", name.dump(), ", which is no name");
    names += (names.empty() ? "" : " ") + name.get<std::string>();
  }
  return names;
}

}  // namespace detail

/// The sizes in `directory/adapter_config.json`, for dims::lora. Throws zer0::error naming the key that is missing,
/// wrong or not supported.
inline lora_sizes read_adapter_config(const std::filesystem::path& directory) {
  const std::filesystem::path path = directory / "adapter_config.json";
  const nlohmann::json j = read_json_file(path);
  detail::refuse_other_adapters(j, path);
  lora_sizes sizes{.rank = json_member<index_t>(j, "r", path),
                   .alpha = json_member<double>(j, "lora_alpha", path),
                   .dropout = json_or<double>(j, "lora_dropout", 0, path),
                   .projections = detail::projections_of(j, path)};
  require(sizes.rank > 0, path.string(), ": r is ", sizes.rank, "; it must be at least 1");
  if (json_or<bool>(j, "use_rslora", false, path)) sizes.alpha *= std::sqrt(static_cast<double>(sizes.rank));
  return sizes;
}

/// Writes the adapters of a model, float32, and what they adapt: `base` is the directory or the name of the model
/// without them. The directory must exist. Throws zer0::error if the model has none.
template <class Variant, device Device>
void save_adapter(model<Variant, Device>& m, const std::filesystem::path& directory, const std::string& base) {
  require(m.parameters().has_adapters(), "save_adapter: the model has no adapters; use adapted<variant> and a rank");
  const model_family& family = family_named(family_of<Variant>(), directory);
  std::vector<detail::tensor_values> tensors;
  for (const auto& [path, p] : m.parameters())
    if (p->is_adapter)
      detail::for_each_part(*p, [&, &path = path, &p = p](const parameter_part& part, index_t first) {
        tensors.push_back({detail::peft_name(family, path + part.name), detail::shape_in_file(*p, part, {}),
                           detail::part_for_file(m.device(), *p, part, first)});
      });
  std::set<std::string> modules;
  for (const auto& a : m.parameters().adapters()) {
    const std::string& name = a.weight->parts[a.part].name;
    modules.insert(name.substr(0, name.find(".weight")));
  }
  const lora_sizes& sizes = m.sizes().lora;
  write_json_file(directory / "adapter_config.json", {{"peft_type", "LORA"},
                                                      {"task_type", "CAUSAL_LM"},
                                                      {"base_model_name_or_path", base},
                                                      {"inference_mode", true},
                                                      {"r", sizes.rank},
                                                      {"lora_alpha", sizes.alpha},
                                                      {"lora_dropout", sizes.dropout},
                                                      {"target_modules", modules},
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
                                                      {"revision", nullptr}});
  detail::write_tensors(directory / "adapter_model.safetensors", tensors);
}

/// Reads the adapters of a model. Throws zer0::error naming a tensor that is missing, left over or of another shape, or
/// if rank or alpha are not the model's.
template <class Variant, device Device>
void load_adapter(model<Variant, Device>& m, const std::filesystem::path& directory) {
  const lora_sizes in_file = read_adapter_config(directory);
  const lora_sizes& sizes = m.sizes().lora;
  require(in_file.rank == sizes.rank && in_file.alpha == sizes.alpha, directory.string(), ": the adapter has rank ",
          in_file.rank, " and alpha ", in_file.alpha, ", the model rank ", sizes.rank, " and alpha ", sizes.alpha,
          "; take its sizes from read_adapter_config");
  const model_family& family = family_named(family_of<Variant>(), directory);
  const safetensors_file file(directory / "adapter_model.safetensors");
  std::set<std::string_view> used;
  for (const auto& [path, p] : m.parameters())
    if (p->is_adapter)
      detail::for_each_part(*p, [&, &path = path, &p = p](const parameter_part& part, index_t first) {
        const tensor_entry& entry = file.at(detail::peft_name(family, path + part.name));
        detail::set_part(m.device(), *p, part, first, entry, directory);
        used.insert(entry.name);
      });
  for (const tensor_entry& entry : file.entries())
    require(used.contains(entry.name), directory.string(), " has a tensor ", entry.name,
            ", which the model does not; the adapter belongs to other projections or to another model");
}

}  // namespace zer0

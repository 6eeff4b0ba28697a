// The weights of a model as a directory: all of them in Hugging Face's layout, or its LoRA adapters
// alone in PEFT's, adapter_config.json and adapter_model.safetensors.
#pragma once

#include <zer0/checkpoint/detail/model_tensors.hpp>
#include <zer0/core/detail/compiled.hpp>
#include <zer0/family/model_families.hpp>
#include <zer0/model/model.hpp>

#include <filesystem>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace zer0 {

/// The names of all tensors in a model's directory, of all shards.
std::vector<std::string> tensor_names(const std::filesystem::path& directory);

/// Writes the weights as float32 to `directory/model.safetensors`, under the names of the variant's
/// family. Rotary rows are in the order of that family's files, whatever the variant's pairing.
/// Tied weights are written once, adapters not at all (`save_adapter` writes them). Memory: a copy
/// of the weights on the host, in float.
template <class Variant, device Device>
void save_weights(model<Variant, Device>& m, const std::filesystem::path& directory) {
  using number = wide<typename Device::real>;
  const model_family& family = family_of<Variant>();
  detail::require_pairing<Variant>(family);
  std::vector<detail::tensor_values> tensors;
  for (const auto& [path, p] : m.parameters())
    if (!p->is_adapter)
      detail::for_each_part(
          *p, [&, &path = path, &p = p](const parameter_part& part, index_t first) {
            const auto layout =
                detail::layout_of(*p, part, family.place(path + part.name), !family.interleaved);
            detail::add_part(layout, detail::part_for_file(m.device(), *p, layout, first), tensors);
          });
  for (const auto& state : m.parameters().states()) {
    std::vector<number> values(state.value->value.size());
    download(m.device(), std::span<const number>(state.value->value), values.data());
    tensors.push_back(
        {family.place(state.name()).name, {state.value->size}, {values.begin(), values.end()}});
  }
  detail::write_tensors(directory / "model.safetensors", tensors);
}

/// Reads all weights from a Hugging Face directory. Adapters are reset, so that they change
/// nothing. config.json, if there is one, says which family's names the tensors have. Throws
/// zer0::error naming a tensor that is missing, left over or of another shape; the model is then in
/// an undefined state.
template <class Variant, device Device>
void load_weights(model<Variant, Device>& m, const std::filesystem::path& directory) {
  using number = wide<typename Device::real>;
  detail::family_files files(directory, config_of<Variant>(m.sizes()));
  const model_family& family = files.family();
  detail::require_pairing<Variant>(family);
  for (const auto& [path, p] : m.parameters())
    if (!p->is_adapter)
      detail::for_each_part(
          *p, [&, &path = path, &p = p](const parameter_part& part, index_t first) {
            const auto layout =
                detail::layout_of(*p, part, family.place(path + part.name), !family.interleaved);
            detail::set_part(m.device(), *p, layout, first, files.take(layout.at.name), directory);
          });
  for (const auto& state : m.parameters().states()) {
    const tensor_entry& entry = files.take(family.place(state.name()).name);
    // A variable, because nvcc loses the braces of an argument.
    const std::vector<index_t> wanted{state.value->size};
    detail::require_shape(entry, wanted, directory);
    std::vector<number> values(state.value->value.size());
    to_float(entry, std::span(values));
    upload(m.device(), std::span<const number>(values), state.value->value);
  }
  m.initialize_adapters(0);
  files.check_left_over(Variant::head::tied);
}

namespace detail {

/// The name in PEFT's files of the part of an adapter that zer0 calls `name`, such as
/// "model.layers.0.self_attn.q_proj.lora_A.weight". Throws zer0::error if the adapted module is
/// only part of a tensor in files of this family.
std::string peft_name(const model_family& family, const std::string& name);

/// Writes adapter_config.json: adapters of `modules` in the model `base`.
void write_adapter_config(const std::filesystem::path& directory, const lora_sizes& sizes,
                          const std::set<std::string>& modules, const std::string& base);

/// Throws zer0::error unless adapter_config.json has the model's rank and alpha.
void require_adapter_sizes(const std::filesystem::path& directory, const lora_sizes& sizes);

/// The tensors of adapter_model.safetensors. The model must take each of them.
class adapter_tensors {
 public:
  explicit adapter_tensors(const std::filesystem::path& directory);
  adapter_tensors(const adapter_tensors&) = delete;
  adapter_tensors& operator=(const adapter_tensors&) = delete;
  ~adapter_tensors();

  const tensor_entry& take(const std::string& name);
  /// Throws zer0::error if a tensor was not taken.
  void check_left_over() const;

 private:
  std::filesystem::path directory_;
  safetensors_file file_;
  std::set<std::string_view> used_;
};

}  // namespace detail

/// The sizes in `directory/adapter_config.json`, for dims::lora. Throws zer0::error naming the key
/// that is missing, wrong or not supported.
lora_sizes read_adapter_config(const std::filesystem::path& directory);

/// Writes the adapters of a model, as float32, in PEFT's layout. `base` is the directory or the
/// name of the model that they adapt; adapter_config.json gets it. The directory must exist. Throws
/// zer0::error if the model has no adapters.
template <class Variant, device Device>
void save_adapter(model<Variant, Device>& m, const std::filesystem::path& directory,
                  const std::string& base) {
  require(m.parameters().has_adapters(),
          "save_adapter: the model has no adapters; use adapted<variant> and a rank");
  const model_family& family = family_of<Variant>();
  std::vector<detail::tensor_values> tensors;
  for (const auto& [path, p] : m.parameters())
    if (p->is_adapter)
      detail::for_each_part(
          *p, [&, &path = path, &p = p](const parameter_part& part, index_t first) {
            const auto layout = detail::layout_of(*p, part);
            tensors.push_back({detail::peft_name(family, path + part.name),
                               detail::shape_in_file(layout),
                               detail::part_for_file(m.device(), *p, layout, first)});
          });
  std::set<std::string> modules;
  for (const auto& a : m.parameters().adapters()) {
    const std::string& name = a.weight->parts[a.part].name;
    modules.insert(name.substr(0, name.find(".weight")));
  }
  detail::write_adapter_config(directory, m.sizes().lora, modules, base);
  detail::write_tensors(directory / "adapter_model.safetensors", tensors);
}

/// Reads the adapters of a model. Throws zer0::error naming a tensor that is missing, left over or
/// of another shape, or if rank or alpha are not the model's.
template <class Variant, device Device>
void load_adapter(model<Variant, Device>& m, const std::filesystem::path& directory) {
  detail::require_adapter_sizes(directory, m.sizes().lora);
  const model_family& family = family_of<Variant>();
  detail::adapter_tensors tensors(directory);
  for (const auto& [path, p] : m.parameters())
    if (p->is_adapter)
      detail::for_each_part(
          *p, [&, &path = path, &p = p](const parameter_part& part, index_t first) {
            const tensor_entry& entry = tensors.take(detail::peft_name(family, path + part.name));
            detail::set_part(m.device(), *p, detail::layout_of(*p, part), first, entry, directory);
          });
  tensors.check_left_over();
}

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/checkpoint/detail/model_files.ipp>
#endif

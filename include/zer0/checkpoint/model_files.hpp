// A model's weights in a Hugging Face directory: safetensors, one file or shards, beside
// config.json.
#pragma once

#include <zer0/checkpoint/detail/model_tensors.hpp>
#include <zer0/core/detail/compiled.hpp>
#include <zer0/family/model_config.hpp>
#include <zer0/family/model_families.hpp>
#include <zer0/model/model.hpp>

#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace zer0 {

/// The names of all tensors in a model's directory, shards together.
std::vector<std::string> tensor_names(const std::filesystem::path& directory);

/// Writes the weights to `directory/model.safetensors` as float32 under the names of the variant's
/// family: rotary rows as its files have them whatever the variant's pairing, tied weights once,
/// adapters not at all (checkpoint/adapter_files.hpp). Memory: a copy of the weights on the host,
/// in float.
template <class Variant, device Device>
void save_weights(model<Variant, Device>& m, const std::filesystem::path& directory) {
  using number = wide<typename Device::real>;
  const model_family& family = family_of<Variant>();
  require_pairing<Variant>(family);
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

/// Reads all weights from a Hugging Face directory; adapters begin anew and change nothing.
/// config.json, if there is one, says by which family's names. Throws zer0::error naming a tensor
/// that is missing, left over or of another shape; the model is then in an undefined state.
template <class Variant, device Device>
void load_weights(model<Variant, Device>& m, const std::filesystem::path& directory) {
  using number = wide<typename Device::real>;
  detail::family_files files(directory, config_of<Variant>(m.sizes()));
  const model_family& family = files.family();
  require_pairing<Variant>(family);
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
    // By name: nvcc loses the braces of an argument.
    const std::vector<index_t> wanted{state.value->size};
    detail::require_shape(entry, wanted, directory);
    std::vector<number> values(state.value->value.size());
    to_float(entry, std::span(values));
    upload(m.device(), std::span<const number>(values), state.value->value);
  }
  m.initialize_adapters(0);
  files.check_left_over(Variant::head::tied);
}

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/checkpoint/detail/model_files.ipp>
#endif

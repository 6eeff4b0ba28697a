// A model's weights and sizes as a Hugging Face directory: config.json and safetensors, one file or shards.
#pragma once

#include <zer0/core/compiled.hpp>
#include <zer0/io/model_families.hpp>
#include <zer0/io/detail/parameter_files.hpp>
#include <zer0/io/weight_files.hpp>
#include <zer0/model/model.hpp>

#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace zer0 {

/// Sizes and family in `directory/config.json`. Throws zer0::error naming the file and the key that is missing, wrong
/// or not supported.
model_config read_config(const std::filesystem::path& directory);

/// Writes `directory/config.json` as Hugging Face's models of that family have it.
void write_config(const std::filesystem::path& directory, const model_config& config);

/// Writes the weights to `directory/model.safetensors` as float32 under the names of the variant's family: rotary rows
/// as its files have them whatever the variant's pairing, tied weights once, adapters not at all
/// (io/adapter_files.hpp). Memory: a copy of the weights on the host, in float.
template <class Variant, device Device>
void save_weights(model<Variant, Device>& m, const std::filesystem::path& directory) {
  using number = wide<typename Device::real>;
  const model_family& family = family_named(family_of<Variant>(), directory);
  require_pairing<Variant>(family);
  std::vector<detail::tensor_values> tensors;
  for (const auto& [path, p] : m.parameters())
    if (!p->is_adapter)
      detail::for_each_part(*p, [&, &path = path, &p = p](const parameter_part& part, index_t first) {
        const auto layout = detail::layout_of(*p, part, family.place(path + part.name), !family.interleaved);
        detail::add_part(layout, detail::part_for_file(m.device(), *p, layout, first), tensors);
      });
  for (const auto& state : m.parameters().states()) {
    std::vector<number> values(state.value->value.size());
    download(m.device(), std::span<const number>(state.value->value), values.data());
    tensors.push_back({family.place(state.name()).name, {state.value->size}, {values.begin(), values.end()}});
  }
  detail::write_tensors(directory / "model.safetensors", tensors);
}

namespace detail {

/// The tensors of a directory by the names of a family, each of which a model must want.
class family_files {
 public:
  /// `variant`: what a config.json of the model would say.
  family_files(const std::filesystem::path& directory, const model_config& variant);
  family_files(const family_files&) = delete;
  family_files& operator=(const family_files&) = delete;
  ~family_files();

  [[nodiscard]] const model_family& family() const { return *family_; }

  const tensor_entry& take(const std::string& name);

  /// Throws zer0::error if a tensor was not taken that holds something learned.
  void check_left_over(bool tied) const;

 private:
  [[nodiscard]] std::string why() const;

  std::filesystem::path directory_;
  weight_files files_;
  const model_family* family_;
  model_config variant_;
  std::string type_;
  bool tied_ = true;  // without a config.json nobody says otherwise
  std::set<std::string_view> used_;
};

}  // namespace detail

/// Reads all weights from a Hugging Face directory; adapters begin anew and change nothing. config.json, if there is
/// one, says by which family's names. Throws zer0::error naming a tensor that is missing, left over or of another
/// shape; the model is then in an undefined state.
template <class Variant, device Device>
void load_weights(model<Variant, Device>& m, const std::filesystem::path& directory) {
  using number = wide<typename Device::real>;
  detail::family_files files(directory, config_of<Variant>(m.sizes()));
  const model_family& family = files.family();
  require_pairing<Variant>(family);
  for (const auto& [path, p] : m.parameters())
    if (!p->is_adapter)
      detail::for_each_part(*p, [&, &path = path, &p = p](const parameter_part& part, index_t first) {
        const auto layout = detail::layout_of(*p, part, family.place(path + part.name), !family.interleaved);
        detail::set_part(m.device(), *p, layout, first, files.take(layout.at.name), directory);
      });
  for (const auto& state : m.parameters().states()) {
    const tensor_entry& entry = files.take(family.place(state.name()).name);
    const std::vector<index_t> wanted{state.value->size};  // by name: nvcc loses the braces of an argument
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
#include <zer0/io/detail/model_files.ipp>
#endif

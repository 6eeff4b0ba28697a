// A model's weights and sizes as a Hugging Face directory: config.json and safetensors, one file or shards.
#pragma once

#include <zer0/io/json_file.hpp>
#include <zer0/io/safetensors.hpp>
#include <zer0/model/model.hpp>

#include <cmath>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace zer0 {

/// What config.json says of a Llama-like model.
struct model_config {
  dims sizes;
  bool tied = false;  ///< the output head is the embedding's table
};

namespace detail {

/// Row of a rotary weight in a file (half-split) for row `row` of zer0 (interleaved pairs) in a head of `head_dim`
/// rows.
inline index_t half_split_row(index_t row, index_t head_dim) {
  const index_t in_head = row % head_dim;
  return row - in_head + in_head % 2 * (head_dim / 2) + in_head / 2;
}

/// Reorders the rows of `part`, (rows, cols) in `from`: to the order of files, or back.
template <class T>
void reorder_rows(const parameter_part& part, index_t cols, const T* from, T* to, bool to_file) {
  const index_t head_dim = part.rows / part.interleaved_heads;
  for (index_t row = 0; row < part.rows; ++row) {
    const index_t in_file = half_split_row(row, head_dim);
    const T* source = from + (to_file ? row : in_file) * cols;
    std::copy(source, source + cols, to + (to_file ? in_file : row) * cols);
  }
}

/// Tensors of `model.safetensors`, or of the shards that `model.safetensors.index.json` lists.
class weight_files {
 public:
  explicit weight_files(const std::filesystem::path& directory) : directory_(directory) {
    const auto index = directory / "model.safetensors.index.json";
    if (!std::filesystem::exists(index)) {
      add(directory / "model.safetensors");
      return;
    }
    const nlohmann::json map = member(read_json_file(index), "weight_map", index);
    std::set<std::string> names;
    for (const auto& [tensor, file] : map.items()) {
      require(file.is_string(), index.string(), ": the shard of ", tensor, " is not a string");
      names.insert(file.template get<std::string>());
    }
    for (const std::string& name : names) add(directory / name);
  }

  [[nodiscard]] const tensor_entry& at(const std::string& name) const {
    const auto found = entries_.find(name);
    require(found != entries_.end(), directory_.string(), " has no tensor ", name,
            ", which the model needs; its files do not belong to this variant or to these sizes");
    return *found->second;
  }
  [[nodiscard]] const std::map<std::string, const tensor_entry*>& entries() const { return entries_; }

 private:
  void add(const std::filesystem::path& path) {
    files_.push_back(std::make_unique<safetensors_file>(path));
    for (const tensor_entry& entry : files_.back()->entries()) {
      const bool fresh = entries_.emplace(entry.name, &entry).second;
      require(fresh, path.string(), ": tensor ", entry.name, " is in another shard too");
    }
  }

  std::filesystem::path directory_;
  std::vector<std::unique_ptr<safetensors_file>> files_;
  std::map<std::string, const tensor_entry*> entries_;
};

/// Matrices as they are, norm weights and biases in one dimension.
template <class T>
std::vector<index_t> shape_in_file(const parameter<T>& p, const parameter_part& part) {
  if (p.is_matrix) return {part.rows, p.cols};
  return {part.rows * p.cols};
}

inline std::string shape_text(const std::vector<index_t>& sizes) {
  std::string text;
  for (const index_t size : sizes) text += (text.empty() ? "" : ", ") + std::to_string(size);
  return "(" + text + ")";
}

/// A tensor to write, and its numbers.
struct tensor_values {
  std::string name;
  std::vector<index_t> shape;
  std::vector<float> numbers;
};

inline void write_tensors(const std::filesystem::path& path, const std::vector<tensor_values>& tensors) {
  std::vector<tensor_entry> entries;
  for (const tensor_values& t : tensors)
    entries.push_back({t.name, dtype::f32, t.shape, std::as_bytes(std::span(t.numbers))});
  write_safetensors(path, entries);
}

/// f(part, its first row) for each part of a parameter.
template <class T, class F>
void for_each_part(const parameter<T>& p, F f) {
  index_t first = 0;
  for (const parameter_part& part : p.parts) {
    f(part, first);
    first += part.rows;
  }
}

/// The numbers of a part in the order of files.
template <device Device>
std::vector<float> part_for_file(Device& d, const parameter<typename Device::real>& p, const parameter_part& part,
                                 index_t first) {
  using real = typename Device::real;
  std::vector<real> host(static_cast<std::size_t>(part.rows * p.cols));
  download(d, std::span<const real>(p.value.row(first), host.size()), host.data());
  std::vector<float> numbers(host.begin(), host.end());
  if (part.interleaved_heads == 0) return numbers;
  std::vector<float> in_file(numbers.size());
  reorder_rows(part, p.cols, numbers.data(), in_file.data(), true);
  return in_file;
}

inline void require_shape(const tensor_entry& entry, const std::vector<index_t>& wanted,
                          const std::filesystem::path& directory) {
  require(entry.shape == wanted, directory.string(), ": tensor ", entry.name, " has shape ", shape_text(entry.shape),
          "; the model needs ", shape_text(wanted));
}

/// Sets a part to the numbers of a tensor. Throws zer0::error if that has another shape.
template <device Device>
void set_part(Device& d, const parameter<typename Device::real>& p, const parameter_part& part, index_t first,
              const tensor_entry& entry, const std::filesystem::path& directory) {
  using real = typename Device::real;
  require_shape(entry, shape_in_file(p, part), directory);
  std::vector<wide<real>> in_file(static_cast<std::size_t>(part.rows * p.cols));
  to_float(entry, std::span(in_file));
  std::vector<wide<real>> in_order = in_file;
  if (part.interleaved_heads > 0) reorder_rows(part, p.cols, in_file.data(), in_order.data(), false);
  upload(d, std::span<const wide<real>>(in_order), std::span<real>(p.value.row(first), in_order.size()));
}

}  // namespace detail

/// Sizes in `directory/config.json`. Throws zer0::error naming the file and the key that is missing, wrong or not
/// supported.
inline model_config read_config(const std::filesystem::path& directory) {
  const std::filesystem::path path = directory / "config.json";
  const nlohmann::json j = read_json_file(path);
  const auto size = [&](const char* key) { return json_member<index_t>(j, key, path); };
  const auto type = json_or<std::string>(j, "model_type", "llama", path);
  require(type == "llama", path.string(), ": model_type is \"", type, "\"; this version reads \"llama\"");
  for (const char* key : {"attention_bias", "mlp_bias"})
    require(!json_or<bool>(j, key, false, path), path.string(), ": ", key, " is true; biases are not supported");
  require(!j.contains("rope_scaling") || j["rope_scaling"].is_null(), path.string(),
          ": rope_scaling is set; scaled rotary positions are not supported");
  model_config config;
  config.sizes = {.dim = size("hidden_size"),
                  .n_layers = size("num_hidden_layers"),
                  .n_heads = size("num_attention_heads"),
                  .n_kv_heads = json_or<index_t>(j, "num_key_value_heads", 0, path),
                  .head_dim = json_or<index_t>(j, "head_dim", 0, path),
                  .vocab_size = size("vocab_size"),
                  .max_seq_len = json_or<index_t>(j, "max_position_embeddings", 2048, path),
                  .hidden_dim = size("intermediate_size"),
                  .rope_theta = json_or<double>(j, "rope_theta", 10000, path),
                  .norm_eps = json_or<double>(j, "rms_norm_eps", 1e-6, path)};
  config.tied = json_or<bool>(j, "tie_word_embeddings", false, path);
  if (j.contains("rope_parameters") && j["rope_parameters"].is_object()) {
    const nlohmann::json& rope = j["rope_parameters"];
    const auto kind = json_or<std::string>(rope, "rope_type", "default", path);
    require(kind == "default", path.string(), ": rope_type is \"", kind,
            "\"; scaled rotary positions are not supported");
    config.sizes.rope_theta = json_or<double>(rope, "rope_theta", config.sizes.rope_theta, path);
  }
  config.sizes.check();
  return config;
}

/// Writes `directory/config.json` as Hugging Face's LlamaForCausalLM has it.
inline void write_config(const std::filesystem::path& directory, const model_config& config) {
  const dims& s = config.sizes;
  const nlohmann::json j = {{"architectures", {"LlamaForCausalLM"}},
                            {"model_type", "llama"},
                            {"hidden_act", "silu"},
                            {"vocab_size", s.vocab_size},
                            {"hidden_size", s.dim},
                            {"intermediate_size", s.hidden()},
                            {"num_hidden_layers", s.n_layers},
                            {"num_attention_heads", s.n_heads},
                            {"num_key_value_heads", s.kv_heads()},
                            {"head_dim", s.head_size()},
                            {"max_position_embeddings", s.max_seq_len},
                            {"rms_norm_eps", s.norm_eps},
                            {"rope_theta", s.rope_theta},
                            {"rope_scaling", nullptr},
                            {"rope_parameters", {{"rope_type", "default"}, {"rope_theta", s.rope_theta}}},
                            {"attention_bias", false},
                            {"mlp_bias", false},
                            {"tie_word_embeddings", config.tied},
                            {"torch_dtype", "float32"}};
  write_json_file(directory / "config.json", j);
}

/// Writes the weights to `directory/model.safetensors` as float32 under Hugging Face's names: rotary rows half-split
/// whatever the variant's pairing, tied weights once, adapters not at all (io/adapter_files.hpp). Memory: a copy of the
/// weights on the host, in float.
template <class Variant, device Device>
void save_weights(model<Variant, Device>& m, const std::filesystem::path& directory) {
  using number = wide<typename Device::real>;
  std::vector<detail::tensor_values> tensors;
  for (const auto& [path, p] : m.parameters())
    if (!p->is_adapter)
      detail::for_each_part(*p, [&, &path = path, &p = p](const parameter_part& part, index_t first) {
        tensors.push_back(
            {path + part.name, detail::shape_in_file(*p, part), detail::part_for_file(m.device(), *p, part, first)});
      });
  for (const auto& state : m.parameters().states()) {
    std::vector<number> values(state.value->value.size());
    download(m.device(), std::span<const number>(state.value->value), values.data());
    tensors.push_back({state.name(), {state.value->size}, {values.begin(), values.end()}});
  }
  detail::write_tensors(directory / "model.safetensors", tensors);
}

/// Reads all weights from a Hugging Face directory; adapters begin anew and change nothing. Throws zer0::error naming a
/// tensor that is missing, left over or of another shape; the model is then in an undefined state.
template <class Variant, device Device>
void load_weights(model<Variant, Device>& m, const std::filesystem::path& directory) {
  using number = wide<typename Device::real>;
  const detail::weight_files files(directory);
  std::set<std::string> used;
  for (const auto& [path, p] : m.parameters())
    if (!p->is_adapter)
      detail::for_each_part(*p, [&, &path = path, &p = p](const parameter_part& part, index_t first) {
        const tensor_entry& entry = files.at(path + part.name);
        detail::set_part(m.device(), *p, part, first, entry, directory);
        used.insert(entry.name);
      });
  for (const auto& state : m.parameters().states()) {
    const tensor_entry& entry = files.at(state.name());
    detail::require_shape(entry, {state.value->size}, directory);
    std::vector<number> values(state.value->value.size());
    to_float(entry, std::span(values));
    upload(m.device(), std::span<const number>(values), state.value->value);
    used.insert(entry.name);
  }
  m.initialize_adapters(0);
  for (const auto& [name, entry] : files.entries()) {
    const bool known = used.contains(name) || name.ends_with("rotary_emb.inv_freq") ||
                       (Variant::head::tied && name == "lm_head.weight");
    require(known, directory.string(), " has a tensor ", name,
            ", which the model does not; its files do not belong to this variant or to these sizes");
  }
}

}  // namespace zer0

// Bodies of zer0/checkpoint/detail/model_tensors.hpp.
#pragma once

#include <zer0/checkpoint/detail/model_tensors.hpp>
#include <zer0/family/model_families.hpp>
#include <zer0/file/detail/json.hpp>

#include <algorithm>
#include <utility>

namespace zer0::detail {

ZER0_INLINE weight_files::weight_files(const std::filesystem::path& directory)
    : directory_(directory) {
  const auto index = directory / "model.safetensors.index.json";
  if (!std::filesystem::exists(index)) {
    add(directory / "model.safetensors");
    return;
  }
  const nlohmann::json map = json_at(read_json_file(index), "weight_map", index);
  std::set<std::string> names;
  for (const auto& [tensor, file] : json_members(map)) {
    require(file.is_string(), index.string(), ": the shard of ", tensor, " is not a string");
    names.insert(file.get<std::string>());
  }
  for (const std::string& name : names) add(directory / name);
}

ZER0_INLINE weight_files::weight_files(weight_files&&) noexcept = default;
ZER0_INLINE weight_files& weight_files::operator=(weight_files&&) noexcept = default;
ZER0_INLINE weight_files::~weight_files() = default;

ZER0_INLINE const tensor_entry* weight_files::find(std::string_view name) const {
  const auto found = entries_.find(name);
  return found == entries_.end() ? nullptr : found->second;
}

ZER0_INLINE void weight_files::add(const std::filesystem::path& path) {
  files_.push_back(std::make_unique<safetensors_file>(path));
  for (const tensor_entry& entry : files_.back()->entries()) {
    const bool fresh = entries_.emplace(entry.name, &entry).second;
    require(fresh, path.string(), ": tensor ", entry.name, " is in another shard too");
  }
}

ZER0_INLINE family_files::family_files(const std::filesystem::path& directory,
                                       const model_config& variant)
    : directory_(directory), files_(directory), family_(variant.family), variant_(variant) {
  if (!std::filesystem::exists(directory / "config.json")) return;
  const model_config config = read_config(directory, *variant.family);
  require(config.rope_type == variant.rope_type || variant.rope_type == "other", directory.string(),
          ": config.json has rotary positions of rope_type \"", config.rope_type,
          "\", the variant of \"", variant.rope_type,
          "\"; choose the variant's position accordingly: scaled_rope<rope_half_split, ...>");
  family_ = config.family;
  tied_ = config.tied;
}

ZER0_INLINE family_files::~family_files() = default;

ZER0_INLINE const tensor_entry& family_files::take(const std::string& name) {
  const tensor_entry* entry = files_.find(name);
  if (entry == nullptr && name.starts_with(family_->prefix))
    entry = files_.find(name.substr(family_->prefix.size()));
  require(entry != nullptr, directory_.string(), " has no tensor ", name, ", which the model needs",
          why());
  used_.insert(entry->name);
  return *entry;
}

ZER0_INLINE void family_files::check_left_over(bool tied) const {
  for (const auto& [name, entry] : files_.entries()) {
    const bool known = used_.contains(name) || family_->is_of_no_use(name) ||
                       (tied && tied_ && name == "lm_head.weight");
    require(known, directory_.string(), " has a tensor ", name, ", which the model does not",
            why());
  }
}

ZER0_INLINE std::string family_files::why() const {
  std::string text = "; its files do not belong to this variant or to these sizes";
  if (family_ != variant_.family)
    text += " (config.json: " + std::string(family_->type) +
            ", the variant: " + std::string(variant_.family->type) + ")";
  return text;
}

/// Row of a rotary weight in a file (half-split) for row `row` of zer0 (interleaved pairs) in a
/// head of `head_dim` rows.
ZER0_INLINE index_t half_split_row(index_t row, index_t head_dim) {
  const index_t in_head = row % head_dim;
  return row - in_head + in_head % 2 * (head_dim / 2) + in_head / 2;
}

/// Reorders the rows of `part`, (rows, cols) in `from`: to the order of files, or back.
template <class T>
void reorder_rows(const part_layout& part, const T* from, T* to, bool to_file) {
  const index_t head_dim = part.rows / part.rotary_heads;
  for (index_t row = 0; row < part.rows; ++row) {
    const index_t in_file = half_split_row(row, head_dim);
    const T* source = from + (to_file ? row : in_file) * part.cols;
    std::copy(source, source + part.cols, to + (to_file ? in_file : row) * part.cols);
  }
}

/// f(index in a part (rows, cols), index in the tensor) for each of its numbers.
template <class F>
void for_each_number(const part_layout& part, F f) {
  const index_t rows = part.rows, cols = part.cols;
  const index_t first = part.at.part * rows, all = part.at.parts * rows;
  for (index_t r = 0; r < rows; ++r)
    for (index_t c = 0; c < cols; ++c) {
      const index_t in_file = part.at.transposed ? c * all + first + r : (first + r) * cols + c;
      f(static_cast<std::size_t>(r * cols + c), static_cast<std::size_t>(in_file));
    }
}

ZER0_INLINE std::vector<index_t> shape_in_file(const part_layout& part) {
  const index_t rows = part.rows * part.at.parts;
  if (!part.is_matrix) return {rows * part.cols};
  return part.at.transposed ? std::vector{part.cols, rows} : std::vector{rows, part.cols};
}

ZER0_INLINE std::string shape_text(const std::vector<index_t>& sizes) {
  std::string text;
  for (const index_t size : sizes) text += (text.empty() ? "" : ", ") + std::to_string(size);
  return "(" + text + ")";
}

ZER0_INLINE void write_tensors(const std::filesystem::path& path,
                               const std::vector<tensor_values>& tensors) {
  std::vector<tensor_entry> entries;
  for (const tensor_values& t : tensors)
    entries.push_back({t.name, dtype::f32, t.shape, std::as_bytes(std::span(t.numbers))});
  write_safetensors(path, entries);
}

ZER0_INLINE std::vector<float> rows_for_file(const part_layout& part, std::vector<float> numbers) {
  if (part.rotary_heads == 0) return numbers;
  std::vector<float> in_file(numbers.size());
  reorder_rows(part, numbers.data(), in_file.data(), true);
  return in_file;
}

ZER0_INLINE void add_part(const part_layout& part, std::vector<float> numbers,
                          std::vector<tensor_values>& tensors) {
  const tensor_place& at = part.at;
  const auto named = [&](const tensor_values& t) { return t.name == at.name; };
  if (std::none_of(tensors.begin(), tensors.end(), named))
    tensors.push_back({at.name, shape_in_file(part), {}});
  tensor_values& tensor = *std::find_if(tensors.begin(), tensors.end(), named);
  if (at.parts == 1 && !at.transposed) {
    tensor.numbers = std::move(numbers);
    return;
  }
  tensor.numbers.resize(numbers.size() * static_cast<std::size_t>(at.parts));
  for_each_number(
      part, [&](std::size_t i, std::size_t in_file) { tensor.numbers[in_file] = numbers[i]; });
}

ZER0_INLINE void require_shape(const tensor_entry& entry, const std::vector<index_t>& wanted,
                               const std::filesystem::path& directory) {
  require(entry.shape == wanted, directory.string(), ": tensor ", entry.name, " has shape ",
          shape_text(entry.shape), "; the model needs ", shape_text(wanted));
}

template <class Float>
void read_part_as(const part_layout& part, const tensor_entry& entry,
                  const std::filesystem::path& directory, std::vector<Float>& numbers) {
  require_shape(entry, shape_in_file(part), directory);
  std::vector<Float> in_file(static_cast<std::size_t>(entry.elements()));
  to_float(entry, std::span(in_file));
  numbers.resize(static_cast<std::size_t>(part.rows * part.cols));
  for_each_number(part, [&](std::size_t i, std::size_t from) { numbers[i] = in_file[from]; });
  if (part.rotary_heads == 0) return;
  in_file = numbers;
  reorder_rows(part, in_file.data(), numbers.data(), false);
}
ZER0_INLINE void read_part(const part_layout& part, const tensor_entry& entry,
                           const std::filesystem::path& directory, std::vector<float>& numbers) {
  read_part_as(part, entry, directory, numbers);
}
ZER0_INLINE void read_part(const part_layout& part, const tensor_entry& entry,
                           const std::filesystem::path& directory, std::vector<double>& numbers) {
  read_part_as(part, entry, directory, numbers);
}

}  // namespace zer0::detail

// The tensors of a model's files: where they are, and where the parts of a parameter lie in them.
#pragma once

#include <zer0/checkpoint/safetensors.hpp>
#include <zer0/core/detail/compiled.hpp>
#include <zer0/device/memory.hpp>
#include <zer0/family/family.hpp>
#include <zer0/layer/parameter.hpp>

#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace zer0::detail {

/// Tensors of `model.safetensors`, or of the shards that `model.safetensors.index.json` lists.
class weight_files {
 public:
  explicit weight_files(const std::filesystem::path& directory);
  weight_files(weight_files&&) noexcept;
  weight_files& operator=(weight_files&&) noexcept;
  ~weight_files();

  /// The tensor of that name, or null.
  [[nodiscard]] const tensor_entry* find(std::string_view name) const;
  [[nodiscard]] const std::map<std::string, const tensor_entry*, std::less<>>& entries() const {
    return entries_;
  }

 private:
  void add(const std::filesystem::path& path);

  std::filesystem::path directory_;
  std::vector<std::unique_ptr<safetensors_file>> files_;
  std::map<std::string, const tensor_entry*, std::less<>> entries_;
};

/// The tensors of a directory under the names of a family. The model must take each of them.
class family_files {
 public:
  /// `variant`: what config.json of the model to be filled would say.
  family_files(const std::filesystem::path& directory, const model_config& variant);
  family_files(const family_files&) = delete;
  family_files& operator=(const family_files&) = delete;
  ~family_files();

  [[nodiscard]] const model_family& family() const { return *family_; }

  const tensor_entry& take(const std::string& name);

  /// Throws zer0::error if a tensor that holds something learned was not taken.
  void check_left_over(bool tied) const;

 private:
  [[nodiscard]] std::string why() const;

  std::filesystem::path directory_;
  weight_files files_;
  const model_family* family_;
  model_config variant_;
  bool tied_ = true;  // what holds without a config.json
  std::set<std::string_view> used_;
};

/// How a part (rows, cols) of a parameter lies in a file.
struct part_layout {
  index_t rows;
  index_t cols;
  /// Number of heads whose rows are interleaved pairs in zer0 and half-split in the file; 0: no
  /// rows are reordered.
  index_t rotary_heads = 0;
  bool is_matrix = true;
  tensor_place at = {};
};

template <class T>
part_layout layout_of(const parameter<T>& p, const parameter_part& part,
                      const tensor_place& at = {}, bool reorder = true) {
  return {part.rows, p.cols, reorder ? part.interleaved_heads : 0, p.kind != parameter_kind::vector,
          at};
}

/// The part's shape in the file: two dimensions for a matrix, one for norm weights and biases.
std::vector<index_t> shape_in_file(const part_layout& part);

/// A tensor to write, and its numbers.
struct tensor_values {
  std::string name;
  std::vector<index_t> shape;
  std::vector<float> numbers;
};

void write_tensors(const std::filesystem::path& path, const std::vector<tensor_values>& tensors);

/// f(part, its first row) for each part of a parameter.
template <class T, class F>
void for_each_part(const parameter<T>& p, F f) {
  index_t first = 0;
  for (const parameter_part& part : p.parts) {
    f(part, first);
    first += part.rows;
  }
}

/// Reorders the rows of a part from zer0's order to that of files.
std::vector<float> rows_for_file(const part_layout& part, std::vector<float> numbers);

/// The numbers of a part, with rotary rows in the order of files.
template <device Device>
std::vector<float> part_for_file(Device& d, const parameter<typename Device::real>& p,
                                 const part_layout& part, index_t first) {
  using real = typename Device::real;
  std::vector<real> host(static_cast<std::size_t>(part.rows * p.cols));
  download(d, std::span<const real>(p.value.row(first), host.size()), host.data());
  return rows_for_file(part, std::vector<float>(host.begin(), host.end()));
}

/// Puts a part, its rows in the order of files, into its tensor. The tensor is added to `tensors`
/// with its first part.
void add_part(const part_layout& part, std::vector<float> numbers,
              std::vector<tensor_values>& tensors);

/// Throws zer0::error if the tensor's shape is not `wanted`.
void require_shape(const tensor_entry& entry, const std::vector<index_t>& wanted,
                   const std::filesystem::path& directory);

/// Reads the numbers of a part from its place in a tensor, with rows in zer0's order. Throws
/// zer0::error if the tensor does not have the shape that the part needs.
void read_part(const part_layout& part, const tensor_entry& entry,
               const std::filesystem::path& directory, std::vector<float>& numbers);
void read_part(const part_layout& part, const tensor_entry& entry,
               const std::filesystem::path& directory, std::vector<double>& numbers);

/// Sets a part of a parameter to the numbers at its place in a tensor.
template <device Device>
void set_part(Device& d, const parameter<typename Device::real>& p, const part_layout& part,
              index_t first, const tensor_entry& entry, const std::filesystem::path& directory) {
  using real = typename Device::real;
  std::vector<wide<real>> numbers;
  read_part(part, entry, directory, numbers);
  upload(d, std::span<const wide<real>>(numbers),
         std::span<real>(p.value.row(first), numbers.size()));
}

}  // namespace zer0::detail

#ifndef ZER0_COMPILED
#include <zer0/checkpoint/detail/model_tensors.ipp>
#endif

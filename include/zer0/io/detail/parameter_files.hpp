// Parameters as tensors of a file: their order, shape and place there.
#pragma once

#include <zer0/core/compiled.hpp>
#include <zer0/device/buffer.hpp>
#include <zer0/io/family/family.hpp>
#include <zer0/io/safetensors.hpp>
#include <zer0/layer/parameter.hpp>

#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace zer0::detail {

/// How a part (rows, cols) of a parameter lies in a file.
struct part_layout {
  index_t rows;
  index_t cols;
  index_t rotary_heads = 0;  ///< rows are interleaved pairs of so many heads, half-split in the file; 0: in order
  bool is_matrix = true;
  tensor_place at = {};
};

template <class T>
part_layout layout_of(const parameter<T>& p, const parameter_part& part, const tensor_place& at = {},
                      bool reorder = true) {
  return {part.rows, p.cols, reorder ? part.interleaved_heads : 0, p.is_matrix, at};
}

/// Matrices have two dimensions, norm weights and biases one.
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

/// The rows of a part in the order of files.
std::vector<float> rows_for_file(const part_layout& part, std::vector<float> numbers);

/// The numbers of a part, rotary rows as files have them.
template <device Device>
std::vector<float> part_for_file(Device& d, const parameter<typename Device::real>& p, const part_layout& part,
                                 index_t first) {
  using real = typename Device::real;
  std::vector<real> host(static_cast<std::size_t>(part.rows * p.cols));
  download(d, std::span<const real>(p.value.row(first), host.size()), host.data());
  return rows_for_file(part, std::vector<float>(host.begin(), host.end()));
}

/// Puts a part, its rows in the order of files, into its tensor, which is added to `tensors` when its first part comes.
void add_part(const part_layout& part, std::vector<float> numbers, std::vector<tensor_values>& tensors);

/// Throws zer0::error if a tensor has another shape.
void require_shape(const tensor_entry& entry, const std::vector<index_t>& wanted,
                   const std::filesystem::path& directory);

/// What is at the place of a part in a tensor, in the order of zer0. Throws zer0::error if that has another shape.
void read_part(const part_layout& part, const tensor_entry& entry, const std::filesystem::path& directory,
               std::vector<float>& numbers);
void read_part(const part_layout& part, const tensor_entry& entry, const std::filesystem::path& directory,
               std::vector<double>& numbers);

/// Sets a part to what is at its place in a tensor.
template <device Device>
void set_part(Device& d, const parameter<typename Device::real>& p, const part_layout& part, index_t first,
              const tensor_entry& entry, const std::filesystem::path& directory) {
  using real = typename Device::real;
  std::vector<wide<real>> numbers;
  read_part(part, entry, directory, numbers);
  upload(d, std::span<const wide<real>>(numbers), std::span<real>(p.value.row(first), numbers.size()));
}

}  // namespace zer0::detail

#ifndef ZER0_COMPILED
#include <zer0/io/detail/parameter_files.ipp>
#endif

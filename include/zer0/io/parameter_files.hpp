// Parameters as tensors of a file: their order, shape and place there.
#pragma once

#include <zer0/device/buffer.hpp>
#include <zer0/io/family/family.hpp>
#include <zer0/io/safetensors.hpp>
#include <zer0/layer/parameter.hpp>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

namespace zer0::detail {

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

/// f(index in a part (rows, cols), index in the tensor) for each of its numbers.
template <class F>
void for_each_number(const tensor_place& at, index_t rows, index_t cols, F f) {
  const index_t first = at.part * rows, all = at.parts * rows;
  for (index_t r = 0; r < rows; ++r)
    for (index_t c = 0; c < cols; ++c) {
      const index_t in_file = at.transposed ? c * all + first + r : (first + r) * cols + c;
      f(static_cast<std::size_t>(r * cols + c), static_cast<std::size_t>(in_file));
    }
}

/// Matrices have two dimensions, norm weights and biases one.
template <class T>
std::vector<index_t> shape_in_file(const parameter<T>& p, const parameter_part& part, const tensor_place& at) {
  const index_t rows = part.rows * at.parts;
  if (!p.is_matrix) return {rows * p.cols};
  return at.transposed ? std::vector{p.cols, rows} : std::vector{rows, p.cols};
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

/// The numbers of a part, rotary rows half-split if `reorder`.
template <device Device>
std::vector<float> part_for_file(Device& d, const parameter<typename Device::real>& p, const parameter_part& part,
                                 index_t first, bool reorder = true) {
  using real = typename Device::real;
  std::vector<real> host(static_cast<std::size_t>(part.rows * p.cols));
  download(d, std::span<const real>(p.value.row(first), host.size()), host.data());
  std::vector<float> numbers(host.begin(), host.end());
  if (part.interleaved_heads == 0 || !reorder) return numbers;
  std::vector<float> in_file(numbers.size());
  reorder_rows(part, p.cols, numbers.data(), in_file.data(), true);
  return in_file;
}

/// Puts a part into its tensor, which is added to `tensors` when its first part comes.
template <device Device>
void add_part(Device& d, const parameter<typename Device::real>& p, const parameter_part& part, index_t first,
              const tensor_place& at, bool reorder, std::vector<tensor_values>& tensors) {
  std::vector<float> numbers = part_for_file(d, p, part, first, reorder);
  if (std::ranges::find(tensors, at.name, &tensor_values::name) == tensors.end())
    tensors.push_back({at.name, shape_in_file(p, part, at), {}});
  tensor_values& tensor = *std::ranges::find(tensors, at.name, &tensor_values::name);
  if (at.parts == 1 && !at.transposed) {
    tensor.numbers = std::move(numbers);
    return;
  }
  tensor.numbers.resize(numbers.size() * static_cast<std::size_t>(at.parts));
  for_each_number(at, part.rows, p.cols,
                  [&](std::size_t i, std::size_t in_file) { tensor.numbers[in_file] = numbers[i]; });
}

inline void require_shape(const tensor_entry& entry, const std::vector<index_t>& wanted,
                          const std::filesystem::path& directory) {
  require(entry.shape == wanted, directory.string(), ": tensor ", entry.name, " has shape ", shape_text(entry.shape),
          "; the model needs ", shape_text(wanted));
}

/// Sets a part to what is at its place in a tensor. Throws zer0::error if that has another shape.
template <device Device>
void set_part(Device& d, const parameter<typename Device::real>& p, const parameter_part& part, index_t first,
              const tensor_entry& entry, const std::filesystem::path& directory, const tensor_place& at = {},
              bool reorder = true) {
  using real = typename Device::real;
  require_shape(entry, shape_in_file(p, part, at), directory);
  std::vector<wide<real>> in_file(static_cast<std::size_t>(entry.elements()));
  to_float(entry, std::span(in_file));
  std::vector<wide<real>> numbers(static_cast<std::size_t>(part.rows * p.cols));
  for_each_number(at, part.rows, p.cols, [&](std::size_t i, std::size_t from) { numbers[i] = in_file[from]; });
  if (part.interleaved_heads > 0 && reorder) {
    in_file = numbers;
    reorder_rows(part, p.cols, in_file.data(), numbers.data(), false);
  }
  upload(d, std::span<const wide<real>>(numbers), std::span<real>(p.value.row(first), numbers.size()));
}

}  // namespace zer0::detail

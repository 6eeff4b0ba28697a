// The safetensors file format: named tensors behind a JSON header, and the types of their elements.
#pragma once

#include <zer0/checkpoint/detail/safetensors_header.hpp>
#include <zer0/core/detail/compiled.hpp>
#include <zer0/core/detail/half.hpp>
#include <zer0/core/error.hpp>
#include <zer0/core/types.hpp>
#include <zer0/file/mapped_file.hpp>

#include <array>
#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace zer0 {

/// The element types of safetensors files, in that format's order (which is also the order its
/// reference writer sorts by). The types of less than a byte (F4, F6_*) are left out.
enum class dtype {
  boolean,
  u8,
  i8,
  f8_e5m2,
  f8_e4m3,
  f8_e8m0,
  f8_e4m3fnuz,
  f8_e5m2fnuz,
  i16,
  u16,
  f16,
  bf16,
  i32,
  u32,
  f32,
  c64,
  f64,
  i64,
  u64
};

namespace detail {

struct dtype_row {
  std::string_view name;
  index_t bytes;
};

inline constexpr std::array<dtype_row, 19> dtype_rows{{{"BOOL", 1},
                                                       {"U8", 1},
                                                       {"I8", 1},
                                                       {"F8_E5M2", 1},
                                                       {"F8_E4M3", 1},
                                                       {"F8_E8M0", 1},
                                                       {"F8_E4M3FNUZ", 1},
                                                       {"F8_E5M2FNUZ", 1},
                                                       {"I16", 2},
                                                       {"U16", 2},
                                                       {"F16", 2},
                                                       {"BF16", 2},
                                                       {"I32", 4},
                                                       {"U32", 4},
                                                       {"F32", 4},
                                                       {"C64", 8},
                                                       {"F64", 8},
                                                       {"I64", 8},
                                                       {"U64", 8}}};

}  // namespace detail

/// The name as safetensors files spell it: "BF16", "F32".
[[nodiscard]] constexpr std::string_view name_of(dtype type) {
  return detail::dtype_rows[static_cast<std::size_t>(type)].name;
}

/// Bytes of one element.
[[nodiscard]] constexpr index_t bytes_of(dtype type) {
  return detail::dtype_rows[static_cast<std::size_t>(type)].bytes;
}

/// The type of that name, or nothing.
[[nodiscard]] constexpr std::optional<dtype> dtype_named(std::string_view name) {
  for (std::size_t i = 0; i < detail::dtype_rows.size(); ++i)
    if (detail::dtype_rows[i].name == name) return static_cast<dtype>(i);
  return std::nullopt;
}

static_assert(std::endian::native == std::endian::little,
              "zer0 reads and writes little-endian files as they lie");

/// A tensor that a file holds or that is to be written; its elements are in C order. `bytes` is a
/// view of memory that the entry does not own.
struct tensor_entry {
  std::string name{};
  zer0::dtype dtype = zer0::dtype::f32;
  std::vector<index_t> shape{};
  std::span<const std::byte> bytes{};

  [[nodiscard]] index_t elements() const {
    return static_cast<index_t>(bytes.size()) / bytes_of(dtype);
  }
};

using string_map = std::map<std::string, std::string>;

/// A safetensors file, memory-mapped and validated whole: the header has at most 100,000,000 bytes
/// and no duplicate keys, every tensor's bytes agree with its dtype and shape, and together they
/// cover the data without hole or overlap. Throws: zer0::error, one sentence naming the file and
/// the tensor. Entries live as long as this object.
class safetensors_file {
 public:
  explicit safetensors_file(const std::filesystem::path& path);
  /// Takes a file's content in memory, which must outlive this object; `name` is for messages.
  safetensors_file(std::span<const std::byte> bytes, std::string name);
  safetensors_file(safetensors_file&&) noexcept;
  safetensors_file& operator=(safetensors_file&&) noexcept;
  ~safetensors_file();

  /// All tensors, in the order of their data.
  [[nodiscard]] const std::vector<tensor_entry>& entries() const { return entries_; }

  /// The tensor of that name, or null.
  [[nodiscard]] const tensor_entry* find(std::string_view name) const;
  /// The tensor of that name. Throws: zer0::error where there is none.
  [[nodiscard]] const tensor_entry& at(std::string_view name) const;

  [[nodiscard]] const string_map& metadata() const { return metadata_; }
  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  void open(std::span<const std::byte> bytes);
  void parse(std::string_view header, std::span<const std::byte> buffer);

  mapped_file file_;
  std::string name_;
  std::vector<tensor_entry> entries_;
  std::unordered_map<std::string_view, std::size_t> index_;  // views of the names in entries_
  string_map metadata_;
};

namespace detail {

template <class Stored, class T, class Convert>
void convert_elements(std::span<const std::byte> bytes, std::span<T> out, Convert convert) {
  for (std::size_t i = 0; i < out.size(); ++i) {
    Stored stored;  // copied out: a file not written by the reference writer may be unaligned
    std::memcpy(&stored, bytes.data() + i * sizeof stored, sizeof stored);
    out[i] = static_cast<T>(convert(stored));
  }
}

/// Throws zer0::error unless the tensor has `room` elements.
void require_room(const tensor_entry& entry, std::size_t room);

}  // namespace detail

/// The elements of an F32, F64, F16, BF16, I32 or I64 tensor as float or double, rounded where they
/// must be. Throws: zer0::error for another dtype, or if `out` has not exactly the tensor's number
/// of elements.
template <std::floating_point Float>
void to_float(const tensor_entry& entry, std::span<Float> out) {
  detail::require_room(entry, out.size());
  const auto same = [](auto x) { return x; };
  switch (entry.dtype) {
    case dtype::f32:
      return detail::convert_elements<float>(entry.bytes, out, same);
    case dtype::f64:
      return detail::convert_elements<double>(entry.bytes, out, same);
    case dtype::f16:
      return detail::convert_elements<std::uint16_t>(entry.bytes, out, detail::f16_to_float);
    case dtype::bf16:
      return detail::convert_elements<std::uint16_t>(entry.bytes, out, detail::bf16_to_float);
    case dtype::i32:
      return detail::convert_elements<std::int32_t>(entry.bytes, out, same);
    case dtype::i64:
      return detail::convert_elements<std::int64_t>(entry.bytes, out, same);
    default:
      fail("tensor ", detail::in_quotes(entry.name), " is ", name_of(entry.dtype),
           "; numbers are read from F32, F64, F16, BF16, I32 and I64");
  }
}
void to_float(const tensor_entry& entry, std::span<float> out);
void to_float(const tensor_entry& entry, std::span<double> out);

/// The elements of an I32 or I64 tensor. Throws as to_float does, and if Int cannot hold a value.
template <std::signed_integral Int>
void to_int(const tensor_entry& entry, std::span<Int> out) {
  detail::require_room(entry, out.size());
  const auto fitting = [&](auto x) {
    if (!std::in_range<Int>(x))
      fail("tensor ", detail::in_quotes(entry.name), " holds ", x, ", too large for ", sizeof(Int),
           " bytes");
    return x;
  };
  switch (entry.dtype) {
    case dtype::i32:
      return detail::convert_elements<std::int32_t>(entry.bytes, out, fitting);
    case dtype::i64:
      return detail::convert_elements<std::int64_t>(entry.bytes, out, fitting);
    default:
      fail("tensor ", detail::in_quotes(entry.name), " is ", name_of(entry.dtype),
           "; integers are read from I32 and I64");
  }
}

/// Writes the file as the reference writer does: tensors by dtype (the widest first), then by name,
/// and the header padded with spaces to a multiple of 8, so that every tensor lies aligned. The
/// bytes go through atomic_file without a copy. `metadata` gets "format": "pt", which other readers
/// ask for, unless it has a format. Throws: zer0::error for a name given twice, for bytes that
/// disagree with dtype and shape, and for what atomic_file throws for.
void write_safetensors(const std::filesystem::path& path, std::span<const tensor_entry> tensors,
                       string_map metadata = {});

namespace detail {

std::string safetensors_header_text(std::span<const tensor_entry* const> sorted,
                                    const string_map& metadata);

/// Pointers to the tensors in the order of the file. Throws: zer0::error for a tensor that cannot
/// be written.
std::vector<const tensor_entry*> sorted_tensors(const std::string& file,
                                                std::span<const tensor_entry> tensors);

}  // namespace detail

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/checkpoint/detail/safetensors.ipp>
#endif

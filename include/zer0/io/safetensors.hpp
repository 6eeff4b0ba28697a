// The safetensors file format: named tensors behind a JSON header.
#pragma once

#include <zer0/core/dtype.hpp>
#include <zer0/core/error.hpp>
#include <zer0/core/half.hpp>
#include <zer0/core/types.hpp>
#include <zer0/io/atomic_file.hpp>
#include <zer0/io/mapped_file.hpp>
#include <zer0/io/safetensors_header.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <concepts>
#include <cstring>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace zer0 {

static_assert(std::endian::native == std::endian::little, "zer0 reads and writes little-endian files as they lie");

/// A tensor of a file, or one to write: its elements in C order. `bytes` is a view and owned by someone else.
struct tensor_entry {
  std::string name{};
  zer0::dtype dtype = zer0::dtype::f32;
  std::vector<index_t> shape{};
  std::span<const std::byte> bytes{};

  [[nodiscard]] index_t elements() const { return static_cast<index_t>(bytes.size()) / bytes_of(dtype); }
};

using string_map = std::map<std::string, std::string>;

/// A safetensors file, memory-mapped and validated whole: header within 100,000,000 bytes, no duplicate keys, every
/// tensor's bytes agree with its dtype and shape, and together they cover the data without hole or overlap. Throws:
/// zer0::error, one sentence naming the file and the tensor. Entries live as long as this object.
class safetensors_file {
 public:
  explicit safetensors_file(const std::filesystem::path& path) : file_(path), name_(path.string()) {
    open(file_.bytes());
  }

  /// The file's content in memory that the caller keeps; `name` is for messages.
  safetensors_file(std::span<const std::byte> bytes, std::string name) : name_(std::move(name)) { open(bytes); }

  safetensors_file(safetensors_file&&) = default;
  safetensors_file& operator=(safetensors_file&&) = default;

  /// All tensors, in the order of their data.
  [[nodiscard]] const std::vector<tensor_entry>& entries() const { return entries_; }

  /// The tensor of that name, or null.
  [[nodiscard]] const tensor_entry* find(std::string_view name) const {
    const auto found = index_.find(name);
    return found == index_.end() ? nullptr : &entries_[found->second];
  }

  /// The tensor of that name. Throws: zer0::error where there is none.
  [[nodiscard]] const tensor_entry& at(std::string_view name) const {
    const tensor_entry* entry = find(name);
    require(entry != nullptr, name_, " has no tensor ", detail::in_quotes(name));
    return *entry;
  }

  [[nodiscard]] const string_map& metadata() const { return metadata_; }
  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  void open(std::span<const std::byte> bytes) {
    constexpr std::uint64_t most = 100'000'000;
    require(bytes.size() >= 8, name_, " is not a safetensors file: it has ", bytes.size(), " bytes, fewer than 8");
    std::uint64_t length = 0;
    std::memcpy(&length, bytes.data(), sizeof length);
    require(length <= most, name_, " is not a safetensors file: its header would be ", length, " bytes, over ", most);
    require(length <= bytes.size() - 8, name_, " is cut off or not a safetensors file: its header should have ", length,
            " bytes but ", bytes.size() - 8, " follow");
    const std::string_view header(reinterpret_cast<const char*>(bytes.data()) + 8, length);
    require(header.starts_with('{'), name_, " is not a safetensors file: its header does not begin with '{'");
    parse(header, bytes.subspan(8 + length));
  }

  void parse(std::string_view header, std::span<const std::byte> buffer) {
    detail::safetensors_events events;
    const std::string problem = detail::read_json(header, events);
    require(problem.empty(), name_, ": bad safetensors header: ", problem);
    metadata_ = std::move(events.metadata);
    std::ranges::sort(events.tensors, [](const auto& a, const auto& b) {
      return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
    });
    std::uint64_t end = 0;
    entries_.reserve(events.tensors.size());
    for (detail::tensor_header& tensor : events.tensors) {
      const std::string fault = detail::tensor_problem(tensor, end, buffer.size());
      require(fault.empty(), name_, ": ", fault);
      end = tensor.end;
      entries_.push_back({std::move(tensor.name), *dtype_named(tensor.dtype), std::move(tensor.shape),
                          buffer.subspan(tensor.begin, tensor.end - tensor.begin)});
    }
    require(end == buffer.size(), name_, ": the tensors end at byte ", end, " but ", buffer.size(),
            " bytes of data follow the header");
    for (std::size_t i = 0; i < entries_.size(); ++i) index_.emplace(entries_[i].name, i);
  }

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

inline void require_room(const tensor_entry& entry, std::size_t room) {
  require(static_cast<std::size_t>(entry.elements()) == room, "tensor ", in_quotes(entry.name), " has ",
          entry.elements(), " elements but ", room, " were asked for");
}

}  // namespace detail

/// The elements of an F32, F64, F16, BF16, I32 or I64 tensor as float or double, rounded where they must be.
/// Throws: zer0::error for another dtype, or if `out` has not exactly the tensor's number of elements.
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
      return detail::convert_elements<std::uint16_t>(entry.bytes, out, f16_to_float);
    case dtype::bf16:
      return detail::convert_elements<std::uint16_t>(entry.bytes, out, bf16_to_float);
    case dtype::i32:
      return detail::convert_elements<std::int32_t>(entry.bytes, out, same);
    case dtype::i64:
      return detail::convert_elements<std::int64_t>(entry.bytes, out, same);
    default:
      fail("tensor ", detail::in_quotes(entry.name), " is ", name_of(entry.dtype),
           "; numbers are read from F32, F64, F16, BF16, I32 and I64");
  }
}
inline void to_float(const tensor_entry& entry, std::span<float> out) { to_float<float>(entry, out); }

/// The elements of an I32 or I64 tensor. Throws as to_float does, and for a value that does not fit.
template <std::signed_integral Int>
void to_int(const tensor_entry& entry, std::span<Int> out) {
  detail::require_room(entry, out.size());
  const auto fitting = [&](auto x) {
    if (!std::in_range<Int>(x))
      fail("tensor ", detail::in_quotes(entry.name), " holds ", x, ", too large for ", sizeof(Int), " bytes");
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

/// Writes the file as the reference writer does: tensors by dtype (the widest first), then by name, the header padded
/// with spaces to a multiple of 8, so that every tensor lies aligned. Goes through atomic_file, straight from the given
/// bytes. `metadata` gets "format": "pt", which other readers ask for, unless it has a format. Throws: zer0::error for
/// a name given twice, bytes that disagree with dtype and shape, and what atomic_file throws.
void write_safetensors(const std::filesystem::path& path, std::span<const tensor_entry> tensors,
                       string_map metadata = {});

namespace detail {

inline std::string safetensors_header_text(std::span<const tensor_entry* const> sorted, const string_map& metadata) {
  // Written by hand: nlohmann::json sorts an object's keys, and the order of the tensors must be the order of their
  // data.
  const auto text = [](const std::string& s) { return nlohmann::json(s).dump(); };
  std::string header = "{\"__metadata__\":" + nlohmann::json(metadata).dump();
  std::uint64_t offset = 0;
  for (const tensor_entry* tensor : sorted) {
    const std::uint64_t end = offset + tensor->bytes.size();
    header += "," + text(tensor->name) + ":{\"dtype\":\"" + std::string(name_of(tensor->dtype)) +
              "\",\"shape\":" + nlohmann::json(tensor->shape).dump() + ",\"data_offsets\":[" + std::to_string(offset) +
              "," + std::to_string(end) + "]}";
    offset = end;
  }
  header += "}";
  header.append((8 - header.size() % 8) % 8, ' ');
  return header;
}

/// Pointers to the tensors in the order of the file. Throws: zer0::error for one that cannot be written.
inline std::vector<const tensor_entry*> sorted_tensors(const std::string& file, std::span<const tensor_entry> tensors) {
  std::vector<const tensor_entry*> sorted;
  for (const tensor_entry& tensor : tensors) {
    require(tensor.name != "__metadata__", file, ": a tensor cannot be named __metadata__");
    for (const index_t size : tensor.shape)
      require(size >= 0, file, ": tensor ", in_quotes(tensor.name), " has the size ", size, " in its shape");
    const index_t bytes = tensor_bytes(tensor.dtype, tensor.shape);
    require(bytes == static_cast<index_t>(tensor.bytes.size()), file, ": tensor ", in_quotes(tensor.name), " needs ",
            bytes, " bytes for its dtype and shape but ", tensor.bytes.size(), " were given");
    sorted.push_back(&tensor);
  }
  std::ranges::sort(sorted, [](const tensor_entry* a, const tensor_entry* b) {
    return a->dtype != b->dtype ? a->dtype > b->dtype : a->name < b->name;
  });
  std::vector<std::string_view> names;
  for (const tensor_entry* tensor : sorted) names.push_back(tensor->name);
  std::ranges::sort(names);
  const auto twice = std::ranges::adjacent_find(names);
  require(twice == names.end(), file, ": tensor ", twice == names.end() ? "" : in_quotes(*twice), " was given twice");
  return sorted;
}

}  // namespace detail

inline void write_safetensors(const std::filesystem::path& path, std::span<const tensor_entry> tensors,
                              string_map metadata) {
  metadata.emplace("format", "pt");
  const auto sorted = detail::sorted_tensors(path.string(), tensors);
  std::string header;
  try {
    header = detail::safetensors_header_text(sorted, metadata);
  } catch (const nlohmann::json::exception&) {
    fail(path.string(), ": a tensor's name or the metadata is not valid UTF-8");
  }
  atomic_file file(path);
  const std::uint64_t length = header.size();
  file.write(std::as_bytes(std::span(&length, 1)));
  file.write(header);
  for (const tensor_entry* tensor : sorted) file.write(tensor->bytes);
  file.commit();
}

}  // namespace zer0

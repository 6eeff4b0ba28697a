// Bodies of zer0/checkpoint/safetensors.hpp: validating the header, then the file.
#pragma once

#include <zer0/checkpoint/safetensors.hpp>
#include <zer0/file/atomic.hpp>

#include <algorithm>
#include <limits>
#include <utility>

namespace zer0 {
namespace detail {

/// The number of bytes of a tensor, or -1 if it does not fit into 63 bits. A tensor with a size of
/// 0 has no bytes.
ZER0_INLINE index_t tensor_bytes(dtype type, const std::vector<index_t>& shape) {
  index_t bytes = bytes_of(type);
  bool overflow = false;
  for (const index_t size : shape) {
    if (size == 0) return 0;
    overflow = overflow || __builtin_mul_overflow(bytes, size, &bytes);
  }
  return overflow ? -1 : bytes;
}

/// What is wrong with the place of a tensor's bytes: they must fit dtype, shape and buffer, and
/// begin at `expected_begin`, where those of the tensor before it end. Empty if nothing is wrong.
ZER0_INLINE std::string tensor_problem(const tensor_header& tensor, std::uint64_t expected_begin,
                                       std::uint64_t buffer_size) {
  const auto says = [&](auto... parts) {
    std::string text = "tensor " + in_quotes(tensor.name);
    ((text += parts), ...);
    return text;
  };
  const auto type = dtype_named(tensor.dtype);
  if (!type) return says(" has the unsupported dtype ", in_quotes(tensor.dtype));
  const std::string range = std::to_string(tensor.begin) + " to " + std::to_string(tensor.end);
  if (tensor.end < tensor.begin || tensor.end > buffer_size)
    return says(" is said to lie at bytes ", range, " of ", std::to_string(buffer_size),
                " bytes of data; is the file cut?");
  const index_t bytes = tensor_bytes(*type, tensor.shape);
  if (bytes < 0) return says(" has a shape whose size overflows");
  if (tensor.end - tensor.begin != static_cast<std::uint64_t>(bytes))
    return says(" needs ", std::to_string(bytes),
                " bytes for its dtype and shape but lies at bytes ", range);
  if (tensor.begin > expected_begin)
    return says(" begins at byte ", std::to_string(tensor.begin),
                " but the tensor before it ends at ", std::to_string(expected_begin),
                ", which leaves a hole");
  if (tensor.begin < expected_begin)
    return says(" begins at byte ", std::to_string(tensor.begin),
                " and overlaps the tensor before it, which ends at ",
                std::to_string(expected_begin));
  return {};
}

}  // namespace detail

ZER0_INLINE safetensors_file::safetensors_file(const std::filesystem::path& path)
    : file_(path), name_(path.string()) {
  open(file_.bytes());
}
ZER0_INLINE safetensors_file::safetensors_file(std::span<const std::byte> bytes, std::string name)
    : name_(std::move(name)) {
  open(bytes);
}
ZER0_INLINE safetensors_file::safetensors_file(safetensors_file&&) noexcept = default;
ZER0_INLINE safetensors_file& safetensors_file::operator=(safetensors_file&&) noexcept = default;
ZER0_INLINE safetensors_file::~safetensors_file() = default;

ZER0_INLINE const tensor_entry* safetensors_file::find(std::string_view name) const {
  const auto found = index_.find(name);
  return found == index_.end() ? nullptr : &entries_[found->second];
}

ZER0_INLINE const tensor_entry& safetensors_file::at(std::string_view name) const {
  const tensor_entry* entry = find(name);
  require(entry != nullptr, name_, " has no tensor ", detail::in_quotes(name));
  return *entry;
}

ZER0_INLINE void safetensors_file::open(std::span<const std::byte> bytes) {
  constexpr std::uint64_t most = 100'000'000;
  require(bytes.size() >= 8, name_, " is not a safetensors file: it has ", bytes.size(),
          " bytes, fewer than 8");
  std::uint64_t length = 0;
  std::memcpy(&length, bytes.data(), sizeof length);
  require(length <= most, name_, " is not a safetensors file: its header would be ", length,
          " bytes, over ", most);
  require(length <= bytes.size() - 8, name_,
          " is cut off or not a safetensors file: its header should have ", length, " bytes but ",
          bytes.size() - 8, " follow");
  const std::string_view header(reinterpret_cast<const char*>(bytes.data()) + 8, length);
  require(header.starts_with('{'), name_,
          " is not a safetensors file: its header does not begin with '{'");
  parse(header, bytes.subspan(8 + length));
}

ZER0_INLINE void safetensors_file::parse(std::string_view header,
                                         std::span<const std::byte> buffer) {
  std::vector<detail::tensor_header> tensors;
  const std::string problem = detail::read_safetensors_header(header, tensors, metadata_);
  require(problem.empty(), name_, ": bad safetensors header: ", problem);
  std::sort(tensors.begin(), tensors.end(),
            [](const detail::tensor_header& a, const detail::tensor_header& b) {
              return a.begin != b.begin ? a.begin < b.begin : a.end < b.end;
            });
  std::uint64_t end = 0;
  entries_.reserve(tensors.size());
  for (detail::tensor_header& tensor : tensors) {
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

ZER0_INLINE void to_float(const tensor_entry& entry, std::span<float> out) {
  to_float<float>(entry, out);
}
ZER0_INLINE void to_float(const tensor_entry& entry, std::span<double> out) {
  to_float<double>(entry, out);
}

namespace detail {

ZER0_INLINE void require_room(const tensor_entry& entry, std::size_t room) {
  require(static_cast<std::size_t>(entry.elements()) == room, "tensor ", in_quotes(entry.name),
          " has ", entry.elements(), " elements but ", room, " were asked for");
}

ZER0_INLINE std::string safetensors_header_text(std::span<const tensor_entry* const> sorted,
                                                const string_map& metadata) {
  // Written by hand: nlohmann::json sorts an object's keys, and the order of the tensors must be
  // the order of their data.
  const auto text = [](const std::string& s) { return nlohmann::json(s).dump(); };
  nlohmann::json pairs = nlohmann::json::object();
  for (const auto& [key, value] : metadata) pairs[key] = value;
  std::string header = "{\"__metadata__\":" + pairs.dump();
  std::uint64_t offset = 0;
  for (const tensor_entry* tensor : sorted) {
    const std::uint64_t end = offset + tensor->bytes.size();
    header += "," + text(tensor->name) + ":{\"dtype\":\"" + std::string(name_of(tensor->dtype)) +
              "\",\"shape\":" + nlohmann::json(tensor->shape).dump() + ",\"data_offsets\":[" +
              std::to_string(offset) + "," + std::to_string(end) + "]}";
    offset = end;
  }
  header += "}";
  header.append((8 - header.size() % 8) % 8, ' ');
  return header;
}

ZER0_INLINE std::vector<const tensor_entry*> sorted_tensors(const std::string& file,
                                                            std::span<const tensor_entry> tensors) {
  std::vector<const tensor_entry*> sorted;
  for (const tensor_entry& tensor : tensors) {
    require(tensor.name != "__metadata__", file, ": a tensor cannot be named __metadata__");
    for (const index_t size : tensor.shape)
      require(size >= 0, file, ": tensor ", in_quotes(tensor.name), " has the size ", size,
              " in its shape");
    const index_t bytes = tensor_bytes(tensor.dtype, tensor.shape);
    require(bytes == static_cast<index_t>(tensor.bytes.size()), file, ": tensor ",
            in_quotes(tensor.name), " needs ", bytes, " bytes for its dtype and shape but ",
            tensor.bytes.size(), " were given");
    sorted.push_back(&tensor);
  }
  std::sort(sorted.begin(), sorted.end(), [](const tensor_entry* a, const tensor_entry* b) {
    return a->dtype != b->dtype ? a->dtype > b->dtype : a->name < b->name;
  });
  std::vector<std::string_view> names;
  for (const tensor_entry* tensor : sorted) names.push_back(tensor->name);
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  require(twice == names.end(), file, ": tensor ", twice == names.end() ? "" : in_quotes(*twice),
          " was given twice");
  return sorted;
}

}  // namespace detail

ZER0_INLINE void write_safetensors(const std::filesystem::path& path,
                                   std::span<const tensor_entry> tensors, string_map metadata) {
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

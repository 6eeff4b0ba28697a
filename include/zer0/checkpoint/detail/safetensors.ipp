// Bodies of zer0/checkpoint/safetensors.hpp: parsing and validating the header, then the file.
#pragma once

#include <zer0/checkpoint/safetensors.hpp>
#include <zer0/file/atomic.hpp>
#include <zer0/file/detail/json_sax.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

namespace zer0 {
namespace detail {

/// One tensor as the header names it; offsets count from the end of the header.
struct tensor_header {
  std::string name;
  std::string dtype;
  std::vector<index_t> shape;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

ZER0_INLINE std::string in_quotes(std::string_view name) {
  std::size_t length = std::min<std::size_t>(name.size(), 100);
  if (length < name.size())
    while (length > 0 && (static_cast<unsigned char>(name[length]) & 0xC0u) == 0x80u)
      --length;  // whole characters
  std::string text(name.substr(0, length));
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  return "'" + text + (length < name.size() ? "...'" : "'");
}

/// What read_safetensors_header collects from the parser's events.
class safetensors_events final : public json_events {
 public:
  std::vector<tensor_header> tensors;
  std::map<std::string, std::string> metadata;

  bool null() override {
    const bool absent_metadata = place_ == place::top && in_metadata_;
    in_metadata_ = false;
    return absent_metadata || ignored() || wrong();
  }
  bool boolean(bool) override { return ignored() || wrong(); }
  bool number_integer(std::int64_t) override { return ignored() || wrong(); }
  bool number_float(double) override { return ignored() || wrong(); }

  bool number_unsigned(std::uint64_t value) override {
    if (ignored()) return true;
    if (place_ != place::list) return wrong();
    if (value > static_cast<std::uint64_t>(std::numeric_limits<index_t>::max())) return wrong();
    if (field_ == "shape") {
      tensors.back().shape.push_back(static_cast<index_t>(value));
      return true;
    }
    if (offsets_ == 2) return wrong();
    (offsets_++ == 0 ? tensors.back().begin : tensors.back().end) = value;
    return true;
  }

  bool string(std::string& value) override {
    if (ignored()) return true;
    if (place_ == place::metadata) {
      metadata[field_] = std::move(value);
      return true;
    }
    if (place_ != place::tensor || field_ != "dtype") return wrong();
    tensors.back().dtype = std::move(value);
    return true;
  }

  bool start_object() override {
    if (ignored()) return deeper();
    if (place_ == place::outside) return enter(place::top);
    if (place_ == place::top) return enter(in_metadata_ ? place::metadata : place::tensor);
    return wrong();
  }

  bool key(std::string& name) override {
    if (ignored_depth_ > 0) return true;
    if (place_ == place::top) return top_key(name);
    const bool fresh = place_ == place::metadata
                           ? !metadata.contains(name)
                           : std::find(fields_.begin(), fields_.end(), name) == fields_.end();
    if (!fresh) return refuse(where() + " has the key " + in_quotes(name) + " twice");
    if (place_ == place::tensor) fields_.push_back(name);
    field_ = name;
    return true;
  }

  bool end_object() override {
    if (ignored_depth_ > 0) return shallower();
    if (place_ == place::tensor) {
      for (const std::string_view needed : {"dtype", "shape", "data_offsets"})
        if (std::find(fields_.begin(), fields_.end(), needed) == fields_.end())
          return refuse(where() + " has no " + std::string(needed));
    }
    in_metadata_ = false;
    return enter(place_ == place::top ? place::outside : place::top);
  }

  bool start_array() override {
    if (ignored()) return deeper();
    if (place_ != place::tensor || (field_ != "shape" && field_ != "data_offsets")) return wrong();
    place_ = place::list;
    return true;
  }

  bool end_array() override {
    if (ignored_depth_ > 0) return shallower();
    place_ = place::tensor;
    return field_ == "shape" || offsets_ == 2 || wrong();
  }

 private:
  enum class place { outside, top, metadata, tensor, list };

  bool top_key(std::string& name) {
    if (!names_.insert(name).second)
      return refuse("the header has the key " + in_quotes(name) + " twice");
    in_metadata_ = name == "__metadata__";
    if (in_metadata_) return true;
    tensors.push_back({.name = name, .dtype = {}, .shape = {}});
    fields_.clear();
    offsets_ = 0;
    return true;
  }

  bool enter(place next) {
    place_ = next;
    field_.clear();
    return true;
  }

  /// Whether the coming value belongs to a field that the format does not know.
  [[nodiscard]] bool ignored() const {
    return ignored_depth_ > 0 || (place_ == place::tensor && !field_.empty() && field_ != "dtype" &&
                                  field_ != "shape" && field_ != "data_offsets");
  }
  bool deeper() {
    return ++ignored_depth_ <= 128 || refuse(where() + " is nested more than 128 deep");
  }
  bool shallower() {
    --ignored_depth_;
    return true;
  }

  [[nodiscard]] std::string where() const {
    if (in_metadata_) return "__metadata__";
    return tensors.empty() ? "the header" : "tensor " + in_quotes(tensors.back().name);
  }

  bool wrong() {
    if (place_ == place::outside) return refuse("the header is not a JSON object");
    if (in_metadata_) return refuse("__metadata__ is not an object of strings");
    if (place_ == place::top)
      return refuse(where() + " is not an object of dtype, shape and data_offsets");
    const bool shape = field_ == "shape";
    return refuse(where() + (field_ == "dtype" ? " has a dtype that is not a string"
                             : shape
                                 ? " has a shape that is not a list of sizes"
                                 : " has data_offsets that are not two positions [begin, end]"));
  }

  place place_ = place::outside;
  bool in_metadata_ = false;
  int offsets_ = 0;
  int ignored_depth_ = 0;
  std::string field_;
  std::vector<std::string> fields_;
  std::set<std::string> names_;
};

/// Collects the tensors and the metadata of a header. Returns why it is refused, empty if it is
/// not. Refuses duplicate keys and wrong types; a field of a tensor that the format does not know
/// is ignored, as the reference reader does, but nested at most 128 deep.
ZER0_INLINE std::string read_safetensors_header(std::string_view header,
                                                std::vector<tensor_header>& tensors,
                                                std::map<std::string, std::string>& metadata) {
  safetensors_events events;
  std::string problem = read_json(header, events);
  tensors = std::move(events.tensors);
  metadata = std::move(events.metadata);
  return problem;
}

/// Bytes of a tensor of that shape, or -1 where that is no 63-bit number. An empty tensor is one
/// with a size of 0.
ZER0_INLINE index_t tensor_bytes(dtype type, const std::vector<index_t>& shape) {
  index_t bytes = bytes_of(type);
  bool overflow = false;
  for (const index_t size : shape) {
    if (size == 0) return 0;
    overflow = overflow || __builtin_mul_overflow(bytes, size, &bytes);
  }
  return overflow ? -1 : bytes;
}

/// Why the tensor does not fit what the header says of it and of its neighbours, or nothing.
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

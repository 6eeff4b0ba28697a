// Bodies of zer0/checkpoint/detail/safetensors_header.hpp.
#pragma once

#include <zer0/checkpoint/detail/safetensors_header.hpp>
#include <zer0/file/detail/json_sax.hpp>

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <utility>

namespace zer0::detail {

ZER0_INLINE std::string in_quotes(std::string_view name) {
  std::size_t length = std::min<std::size_t>(name.size(), 100);
  if (length < name.size())
    while (length > 0 && (static_cast<unsigned char>(name[length]) & 0xC0u) == 0x80u)
      --length;  // cuts between characters
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

  /// Whether the next value belongs to a field that the format does not know.
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

ZER0_INLINE std::string read_safetensors_header(std::string_view header,
                                                std::vector<tensor_header>& tensors,
                                                std::map<std::string, std::string>& metadata) {
  safetensors_events events;
  std::string problem = read_json(header, events);
  tensors = std::move(events.tensors);
  metadata = std::move(events.metadata);
  return problem;
}

}  // namespace zer0::detail

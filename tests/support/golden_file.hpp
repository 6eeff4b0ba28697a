// A file of golden numbers: tensors and scalars that another implementation computed.
#pragma once

#include <zer0/checkpoint/safetensors.hpp>

#include <charconv>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

namespace support::golden {

using zer0::index_t;
using numbers = std::vector<double>;

/// Remembers what has been asked for, so that a tensor that no check looked at shows in `unused`.
/// Throws zer0::error naming the file and what it lacks.
class file {
 public:
  explicit file(const std::filesystem::path& path) : file_(path), name_(path.filename().string()) {}

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] bool has(const std::string& tensor) const { return file_.find(tensor) != nullptr; }
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const auto& entry : file_.entries()) all.push_back(entry.name);
    return all;
  }
  [[nodiscard]] const std::vector<index_t>& shape(const std::string& tensor) const {
    return file_.at(tensor).shape;
  }
  /// Size number `axis` of a tensor's shape, the last ones counted from -1.
  [[nodiscard]] index_t size(const std::string& tensor, int axis) const {
    const auto& sizes = shape(tensor);
    const auto at = axis < 0 ? static_cast<int>(sizes.size()) + axis : axis;
    zer0::require(at >= 0 && at < static_cast<int>(sizes.size()), name_, ": tensor ", tensor,
                  " has only ", sizes.size(), " dimensions");
    const index_t found = sizes[static_cast<std::size_t>(at)];
    zer0::require(found > 0, name_, ": tensor ", tensor, " has a dimension of 0");
    return found;
  }

  [[nodiscard]] numbers values(const std::string& tensor) { return read<double>(tensor); }
  /// The values of a tensor that must have `count` of them.
  [[nodiscard]] numbers values(const std::string& tensor, index_t count) {
    numbers out = values(tensor);
    zer0::require(static_cast<index_t>(out.size()) == count, name_, ": tensor ", tensor, " has ",
                  out.size(), " elements; the sizes in the file ask for ", count);
    return out;
  }
  [[nodiscard]] std::vector<std::int32_t> ids(const std::string& tensor) {
    return read<std::int32_t>(tensor);
  }

  [[nodiscard]] bool has_meta(const std::string& key) const {
    return file_.metadata().contains(key);
  }
  [[nodiscard]] const std::string& text(const std::string& key) const {
    const auto found = file_.metadata().find(key);
    zer0::require(found != file_.metadata().end(), name_, ": the metadata has no ", key);
    return found->second;
  }
  /// Keys of the metadata that begin so.
  [[nodiscard]] std::vector<std::string> keys(const std::string& beginning) const {
    std::vector<std::string> found;
    for (const auto& [key, value] : file_.metadata())
      if (key.starts_with(beginning)) found.push_back(key);
    return found;
  }
  [[nodiscard]] double number(const std::string& key) const { return parsed<double>(key); }
  [[nodiscard]] index_t count(const std::string& key) const { return parsed<index_t>(key); }
  /// Element i of a list of scalars.
  [[nodiscard]] double number_at(const std::string& list, index_t i) const {
    const std::string key = key_at(list, i);
    zer0::require(!key.empty(), name_, ": the metadata has no ", list, ".", i);
    return number(key);
  }
  /// The key of element i of a list of scalars: "lr.3" or "lr.03"; empty if there is none.
  [[nodiscard]] std::string key_at(const std::string& list, index_t i) const {
    std::string digits = std::to_string(i);
    for (; digits.size() < 8; digits.insert(0, "0"))
      if (has_meta(list + "." + digits)) return list + "." + digits;
    return "";
  }

  void mark_used(const std::string& tensor) { used_.insert(tensor); }
  [[nodiscard]] std::vector<std::string> unused() const {
    std::vector<std::string> out;
    for (const std::string& n : names())
      if (!used_.contains(n)) out.push_back(n);
    return out;
  }

 private:
  template <class T>
  std::vector<T> read(const std::string& tensor) {
    const zer0::tensor_entry& entry = file_.at(tensor);
    std::vector<T> out(static_cast<std::size_t>(entry.elements()));
    if constexpr (std::floating_point<T>)
      zer0::to_float(entry, std::span(out));
    else
      zer0::to_int(entry, std::span(out));
    used_.insert(tensor);
    return out;
  }

  template <class T>
  [[nodiscard]] T parsed(const std::string& key) const {
    const std::string& s = text(key);
    T value{};
    const auto [end, problem] = std::from_chars(s.data(), s.data() + s.size(), value);
    zer0::require(problem == std::errc{} && end == s.data() + s.size(), name_, ": the metadata's ",
                  key, " is \"", s, "\", not a number");
    return value;
  }

  zer0::safetensors_file file_;
  std::string name_;
  std::set<std::string> used_;
};

}  // namespace support::golden

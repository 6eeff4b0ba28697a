// Bodies of zer0/data/detail/kept_counts.hpp.
#pragma once

#include <zer0/core/error.hpp>
#include <zer0/data/detail/kept_counts.hpp>
#include <zer0/file/atomic.hpp>
#include <zer0/file/detail/content_hash.hpp>
#include <zer0/file/mapped_file.hpp>

#include <cstddef>
#include <cstring>
#include <system_error>

namespace zer0::detail {

/// 16 hexadecimal digits.
ZER0_INLINE std::string hex_of(std::uint64_t number) {
  std::string digits(16, '0');
  for (std::size_t i = 16; i-- > 0; number >>= 4) digits[i] = "0123456789abcdef"[number & 15];
  return digits;
}

ZER0_INLINE counted_file identify(const std::filesystem::path& folder,
                                  const std::filesystem::path& path, std::string_view text) {
  if (folder.empty()) return {};
  std::error_code failure;  // on failure the time is one that no file has, and the same each time
  const auto time = std::filesystem::last_write_time(path, failure).time_since_epoch().count();
  const auto whole = std::filesystem::absolute(path, failure).lexically_normal().string();
  return {folder, whole,
          std::to_string(text.size()) + " bytes, changed " + std::to_string(time) + ", hash " +
              hex_of(content_hash(text))};
}

/// The beginning of every file of counts. Raise the number when the meaning of the counts changes.
inline constexpr std::string_view counts_begin = "zer0 counts 1\n";

/// Writes numbers and texts as bytes. A file written in another byte order fails the checksum.
class counts_writer {
 public:
  explicit counts_writer(std::string& bytes) : bytes_(bytes) {}

  template <class T>
  void list(const T& values) {
    const std::uint64_t n = values.size();
    add(&n, sizeof n);
    add(values.data(), values.size() * sizeof(values[0]));
  }

 private:
  void add(const void* data, std::size_t size) {
    bytes_.append(static_cast<const char*>(data), size);
  }

  std::string& bytes_;
};

class counts_reader {
 public:
  explicit counts_reader(std::string_view bytes) : bytes_(bytes) {}

  /// Reads a list; false if the bytes that are left do not hold one.
  template <class T>
  [[nodiscard]] bool list(T& values) {
    std::uint64_t n = 0;
    if (bytes_.size() < sizeof n) return false;
    std::memcpy(&n, bytes_.data(), sizeof n);
    bytes_.remove_prefix(sizeof n);
    if (n > bytes_.size() / sizeof(values[0])) return false;
    values.resize(static_cast<std::size_t>(n));
    const std::size_t size = values.size() * sizeof(values[0]);
    if (size > 0) std::memcpy(values.data(), bytes_.data(), size);
    bytes_.remove_prefix(size);
    return true;
  }

  [[nodiscard]] bool at_end() const { return bytes_.empty(); }

 private:
  std::string_view bytes_;
};

ZER0_INLINE counts_file::counts_file(const counted_file& data, const std::string& asked,
                                     const std::string& made_by) {
  if (data.folder.empty()) return;
  path_ = data.folder / ("counts-" + hex_of(content_hash(data.path + '\n' + asked)) + ".bin");
  key_ = data.content + '\n' + asked + '\n' + made_by;
}

ZER0_INLINE std::optional<kept_counts> counts_file::read() const {
  std::error_code none;
  if (path_.empty() || !std::filesystem::is_regular_file(path_, none)) return std::nullopt;
  try {
    const mapped_file file(path_, file_access::sequential);
    std::string_view bytes = file.text();
    std::uint64_t checksum = 0;
    if (bytes.size() < counts_begin.size() + sizeof checksum) return std::nullopt;
    std::memcpy(&checksum, bytes.data() + bytes.size() - sizeof checksum, sizeof checksum);
    bytes.remove_suffix(sizeof checksum);
    if (checksum != content_hash(bytes) || !bytes.starts_with(counts_begin)) return std::nullopt;
    counts_reader in(bytes.substr(counts_begin.size()));
    std::string key;
    kept_counts counts;
    const bool whole = in.list(key) && key == key_ && in.list(counts.lengths) &&
                       in.list(counts.numbers) && in.list(counts.text) && in.at_end();
    return whole ? std::optional(std::move(counts)) : std::nullopt;
  } catch (const error&) {  // it cannot be read
    return std::nullopt;
  }
}

ZER0_INLINE void counts_file::write(const kept_counts& counts) const {
  if (path_.empty()) return;
  std::string bytes(counts_begin);
  counts_writer out(bytes);
  out.list(key_);
  out.list(counts.lengths);
  out.list(counts.numbers);
  out.list(counts.text);
  const std::uint64_t checksum = content_hash(bytes);
  try {
    std::error_code failure;  // a failure shows when the file is opened
    std::filesystem::create_directories(path_.parent_path(), failure);
    atomic_file file(path_);
    file.write(bytes);
    file.write(std::string_view(reinterpret_cast<const char*>(&checksum), sizeof checksum));
    file.commit();
  } catch (const error&) {
    // The disk is full or the folder may not be written: the next run counts again.
  }
}

}  // namespace zer0::detail

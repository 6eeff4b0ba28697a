// A file as read-only memory.
#pragma once

#include <zer0/core/detail/compiled.hpp>
#include <zer0/core/error.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace zer0 {

/// How a mapped file is going to be read; a hint to the system, nothing more.
enum class file_access { normal, sequential, random };

/// Maps the whole of a regular file for reading. The pages come from the file as they are touched,
/// so a file larger than the memory is fine. An empty file is an empty range. Moving keeps the
/// addresses. Throws: zer0::error naming the path and the system's reason. Surprise: a file that is
/// cut shorter while it is mapped kills the process (SIGBUS) when the lost part is read. Replace
/// files by renaming (atomic_file does), never by rewriting them in place.
class mapped_file {
 public:
  mapped_file() = default;
  explicit mapped_file(const std::filesystem::path& path, file_access access = file_access::normal);
  mapped_file(mapped_file&& other) noexcept;
  mapped_file& operator=(mapped_file&& other) noexcept;
  ~mapped_file();

  void advise(file_access access) const;

  [[nodiscard]] std::span<const std::byte> bytes() const {
    return {static_cast<const std::byte*>(data_), size_};
  }
  [[nodiscard]] std::string_view text() const { return {static_cast<const char*>(data_), size_}; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  /// Maps the open file; returns why it cannot be mapped, or nothing.
  std::string map(int file);
  void swap(mapped_file& other) noexcept;

  std::filesystem::path path_;
  void* data_ = nullptr;
  std::size_t size_ = 0;
};

/// A number that differs, almost surely, for files of different content: what a run keeps of its
/// data, so that it goes on with the same. Throws zer0::error for a file that cannot be read.
[[nodiscard]] std::uint64_t file_fingerprint(const std::filesystem::path& path);

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/file/detail/mapped_file.ipp>
#endif

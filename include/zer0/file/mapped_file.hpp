// A file as read-only memory: as its bytes, or as the lines of JSON Lines.
#pragma once

#include <zer0/core/detail/compiled.hpp>
#include <zer0/core/error.hpp>
#include <zer0/core/types.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

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

/// The lines of a memory-mapped text file that are not blank. A byte order mark at the start is
/// skipped; lines end with LF or CRLF, and the last one may end without either. The content of
/// lines is not checked. Memory: 8 bytes a line; the file itself stays in the page cache. Reading
/// is thread-safe. Throws: zer0::error if the file cannot be read.
class jsonl_file {
 public:
  explicit jsonl_file(const std::filesystem::path& path);

  /// Takes text in memory, which must outlive this object; `name` is for messages.
  jsonl_file(std::string_view text, std::string name);

  /// The number of lines that are not blank.
  [[nodiscard]] index_t size() const { return static_cast<index_t>(begins_.size()); }

  /// The i-th line that is not blank, without its line end.
  [[nodiscard]] std::string_view line(index_t i) const;

  /// Where line i begins, in bytes from the start of the file.
  [[nodiscard]] index_t offset(index_t i) const { return static_cast<index_t>(begin(i)); }

  /// "FILE:LINE" of line i, for messages: LINE counts from 1 and counts blank lines. Reads the file
  /// up to there.
  [[nodiscard]] std::string where(index_t i) const;

  /// Removes lines, given by their indices in ascending order.
  void remove(std::span<const index_t> lines);

  /// Tells the system that lines are going to be read in random order.
  void expect_random_access() const;

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] index_t bytes() const { return static_cast<index_t>(text_.size()); }

  /// The whole file.
  [[nodiscard]] std::string_view text() const { return text_; }

 private:
  [[nodiscard]] std::size_t begin(index_t i) const { return begins_[static_cast<std::size_t>(i)]; }

  /// The position of the line feed at or after `from`, or the end of the text.
  [[nodiscard]] std::size_t line_feed(std::size_t from) const;

  void index();

  mapped_file file_;
  std::string_view text_;
  std::string name_;
  std::vector<std::size_t> begins_;
};

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/file/detail/mapped_file.ipp>
#endif

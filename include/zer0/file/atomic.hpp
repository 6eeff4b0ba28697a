// Writing files and directories so that their name shows the whole old or the whole new content.
#pragma once

#include <zer0/core/detail/compiled.hpp>
#include <zer0/core/error.hpp>

#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>

namespace zer0 {

/// Writes to `<target>.tmp.<pid>` beside the target; `commit` makes that file durable and renames
/// it to the target. Whatever goes wrong before (an exception, a full disk, a kill), the target
/// keeps its old content. Without `commit` the destructor removes the temporary file; only a kill
/// leaves it behind, and the next writer of that name and pid overwrites it. Writes are not
/// buffered: hand over large pieces. Only one writer at a time may have a target. Throws:
/// zer0::error naming the path and the system's reason (no space left, permission denied, ...).
/// Surprise: a target that is a symbolic link is replaced by a file.
class atomic_file {
 public:
  explicit atomic_file(std::filesystem::path target);
  atomic_file(const atomic_file&) = delete;
  atomic_file& operator=(const atomic_file&) = delete;
  ~atomic_file();

  void write(std::span<const std::byte> bytes);
  void write(std::string_view text);

  /// Makes the content durable and gives it the target's name. Nothing can be written afterwards.
  void commit();

 private:
  void check(bool good, const char* verb) const;
  /// A rename is durable only after the directory is synced, which this does. A file system that
  /// cannot sync directories says EINVAL, which is no error.
  void sync_directory() const;

  std::filesystem::path target_;
  std::filesystem::path temporary_;
  int file_ = -1;
  bool committed_ = false;
};

namespace detail {

/// Copies a file durably: writes it under a temporary name, syncs and renames it.
void copy_durably(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace detail

/// A directory that is filled under the name `<target>.tmp.<pid>`. `commit` renames it to the
/// target: an older directory of that name is moved aside first and removed after. Without `commit`
/// the destructor removes what was written. Throws zer0::error naming path and reason.
class atomic_directory {
 public:
  explicit atomic_directory(std::filesystem::path target);
  atomic_directory(const atomic_directory&) = delete;
  atomic_directory& operator=(const atomic_directory&) = delete;
  ~atomic_directory();

  /// Where to write the files.
  [[nodiscard]] const std::filesystem::path& path() const { return temporary_; }

  void commit();

 private:
  static void sync(const std::filesystem::path& directory);

  std::filesystem::path target_;
  std::filesystem::path temporary_;
  bool committed_ = false;
};

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/file/detail/atomic.ipp>
#endif

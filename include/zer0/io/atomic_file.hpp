// Writing a file so that its name never shows anything but the whole old or the whole new content.
#pragma once

#include <zer0/core/compiled.hpp>
#include <zer0/core/error.hpp>

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace zer0 {

/// Writes to `<target>.tmp.<pid>` beside the target; `commit` makes that durable and renames it to the target. Whatever
/// goes wrong before (an exception, a full disk, a kill) the target keeps its old content. Without `commit` the
/// destructor removes the temporary; only a kill leaves it behind, and the next writer of that name and pid overwrites
/// it. Writes go straight to the system: hand over large pieces. One writer a target at a time. Throws: zer0::error
/// naming the path and the system's reason (no space left, permission denied, ...). Surprise: a target that is a
/// symbolic link is replaced by a file.
class atomic_file {
 public:
  explicit atomic_file(std::filesystem::path target);
  atomic_file(const atomic_file&) = delete;
  atomic_file& operator=(const atomic_file&) = delete;
  ~atomic_file();

  void write(std::span<const std::byte> bytes);
  void write(std::string_view text);

  /// Makes the content durable and gives it the target's name. After it nothing can be written.
  void commit();

 private:
  void check(bool good, const char* verb) const;
  /// A rename is durable only once the directory is; a file system that cannot sync one says EINVAL, which is no error.
  void sync_directory() const;

  std::filesystem::path target_;
  std::filesystem::path temporary_;
  int file_ = -1;
  bool committed_ = false;
};

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/io/detail/atomic_file.ipp>
#endif

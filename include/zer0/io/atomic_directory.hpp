// Writing a directory so that its name never shows a half-written one.
#pragma once

#include <zer0/core/compiled.hpp>
#include <zer0/core/error.hpp>

#include <filesystem>

namespace zer0 {

/// Copies a file durably: to a temporary name, synced, renamed.
void copy_durably(const std::filesystem::path& from, const std::filesystem::path& to);

/// Collects files in `<target>.tmp.<pid>`; `commit` renames it to the target, moving an older one of that name aside
/// first and removing it after. Without `commit` the destructor removes what was written. Throws zer0::error naming
/// path and reason.
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
#include <zer0/io/detail/atomic_directory.ipp>
#endif

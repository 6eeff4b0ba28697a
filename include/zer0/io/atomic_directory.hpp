// Writing a directory so that its name never shows a half-written one.
#pragma once

#include <zer0/core/error.hpp>
#include <zer0/io/atomic_file.hpp>
#include <zer0/io/mapped_file.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string>
#include <system_error>

namespace zer0 {

/// Copies a file durably: to a temporary name, synced, renamed.
inline void copy_durably(const std::filesystem::path& from, const std::filesystem::path& to) {
  const mapped_file source(from);
  atomic_file target(to);
  target.write(source.bytes());
  target.commit();
}

/// Collects files in `<target>.tmp.<pid>`; `commit` renames it to the target, moving an older one of that name aside
/// first and removing it after. Without `commit` the destructor removes what was written. Throws zer0::error naming
/// path and reason.
class atomic_directory {
 public:
  explicit atomic_directory(std::filesystem::path target)
      : target_(std::move(target)), temporary_(target_.string() + ".tmp." + std::to_string(::getpid())) {
    std::error_code failure;
    std::filesystem::remove_all(temporary_, failure);
    std::filesystem::create_directories(temporary_, failure);
    require(!failure, "cannot create ", temporary_.string(), ": ", failure.message());
  }
  atomic_directory(const atomic_directory&) = delete;
  atomic_directory& operator=(const atomic_directory&) = delete;
  ~atomic_directory() {
    std::error_code ignored;
    if (!committed_) std::filesystem::remove_all(temporary_, ignored);
  }

  /// Where to write the files.
  [[nodiscard]] const std::filesystem::path& path() const { return temporary_; }

  void commit() {
    sync(temporary_);
    const std::filesystem::path old = target_.string() + ".old." + std::to_string(::getpid());
    std::error_code failure;
    if (std::filesystem::exists(target_)) std::filesystem::rename(target_, old, failure);
    if (!failure) std::filesystem::rename(temporary_, target_, failure);
    require(!failure, "cannot rename ", temporary_.string(), " to ", target_.string(), ": ", failure.message());
    committed_ = true;
    sync(target_.has_parent_path() ? target_.parent_path() : ".");
    std::filesystem::remove_all(old, failure);
  }

 private:
  static void sync(const std::filesystem::path& directory) {
    const int handle = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    require(handle >= 0, "cannot open ", directory.string(), ": ", std::strerror(errno));
    const int result = ::fsync(handle);
    ::close(handle);
    require(result == 0, "cannot sync ", directory.string(), ": ", std::strerror(errno));
  }

  std::filesystem::path target_;
  std::filesystem::path temporary_;
  bool committed_ = false;
};

}  // namespace zer0

// Writing a file so that its name never shows anything but the whole old or the whole new content.
#pragma once

#include <zer0/core/error.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
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
  explicit atomic_file(std::filesystem::path target)
      : target_(std::move(target)), temporary_(target_.string() + ".tmp." + std::to_string(::getpid())) {
    file_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    check(file_ >= 0, "create");
  }

  atomic_file(const atomic_file&) = delete;
  atomic_file& operator=(const atomic_file&) = delete;

  ~atomic_file() {
    if (file_ >= 0) ::close(file_);
    if (!committed_) ::unlink(temporary_.c_str());
  }

  void write(std::span<const std::byte> bytes) {
    require(file_ >= 0, "cannot write ", target_.string(), ": it was committed already");
    constexpr std::size_t most = std::size_t{1} << 30;  // Linux takes at most 2 GiB - 4 KiB a call
    while (!bytes.empty()) {
      const ssize_t written = ::write(file_, bytes.data(), std::min(bytes.size(), most));
      if (written < 0 && errno == EINTR) continue;
      check(written >= 0, "write");
      bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
  }

  void write(std::string_view text) { write(std::as_bytes(std::span(text.data(), text.size()))); }

  /// Makes the content durable and gives it the target's name. After it nothing can be written.
  void commit() {
    require(file_ >= 0, "cannot write ", target_.string(), ": it was committed already");
    check(::fsync(file_) == 0, "write");
    const int closed = ::close(file_);
    file_ = -1;
    check(closed == 0, "write");
    check(::rename(temporary_.c_str(), target_.c_str()) == 0, "rename to");
    committed_ = true;
    sync_directory();
  }

 private:
  void check(bool good, const char* verb) const {
    require(good, "cannot ", verb, " ", target_.string(), ": ", std::strerror(errno), " (", temporary_.string(), ")");
  }

  /// A rename is durable only once the directory is; a file system that cannot sync one says EINVAL, which is no error.
  void sync_directory() const {
    const std::filesystem::path parent = target_.has_parent_path() ? target_.parent_path() : ".";
    const int directory = ::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) return;  // a directory one may write but not read
    const bool good = ::fsync(directory) == 0 || errno == EINVAL;
    const int reason = errno;
    ::close(directory);
    require(good, "cannot make ", target_.string(), " durable: ", std::strerror(reason));
  }

  std::filesystem::path target_;
  std::filesystem::path temporary_;
  int file_ = -1;
  bool committed_ = false;
};

}  // namespace zer0

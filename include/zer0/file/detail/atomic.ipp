// Bodies of zer0/file/atomic.hpp.
#pragma once

#include <zer0/file/atomic.hpp>
#include <zer0/file/mapped_file.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <system_error>
#include <utility>

namespace zer0 {

ZER0_INLINE atomic_file::atomic_file(std::filesystem::path target)
    : target_(std::move(target)),
      temporary_(target_.string() + ".tmp." + std::to_string(::getpid())) {
  file_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  check(file_ >= 0, "create");
}

ZER0_INLINE atomic_file::~atomic_file() {
  if (file_ >= 0) ::close(file_);
  if (!committed_) ::unlink(temporary_.c_str());
}

ZER0_INLINE void atomic_file::write(std::span<const std::byte> bytes) {
  require(file_ >= 0, "cannot write ", target_.string(), ": it was committed already");
  constexpr std::size_t most = std::size_t{1} << 30;  // Linux takes at most 2 GiB - 4 KiB a call
  while (!bytes.empty()) {
    const ssize_t written = ::write(file_, bytes.data(), std::min(bytes.size(), most));
    if (written < 0 && errno == EINTR) continue;
    check(written >= 0, "write");
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

ZER0_INLINE void atomic_file::write(std::string_view text) {
  write(std::as_bytes(std::span(text.data(), text.size())));
}

ZER0_INLINE void atomic_file::commit() {
  require(file_ >= 0, "cannot write ", target_.string(), ": it was committed already");
  check(::fsync(file_) == 0, "write");
  const int closed = ::close(file_);
  file_ = -1;
  check(closed == 0, "write");
  check(::rename(temporary_.c_str(), target_.c_str()) == 0, "rename to");
  committed_ = true;
  sync_directory();
}

ZER0_INLINE void atomic_file::check(bool good, const char* verb) const {
  require(good, "cannot ", verb, " ", target_.string(), ": ", std::strerror(errno), " (",
          temporary_.string(), ")");
}

ZER0_INLINE void atomic_file::sync_directory() const {
  const std::filesystem::path parent = target_.has_parent_path() ? target_.parent_path() : ".";
  const int directory = ::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) return;  // the directory may be written but not read
  const bool good = ::fsync(directory) == 0 || errno == EINVAL;
  const int reason = errno;
  ::close(directory);
  require(good, "cannot make ", target_.string(), " durable: ", std::strerror(reason));
}

namespace detail {

ZER0_INLINE void copy_durably(const std::filesystem::path& from, const std::filesystem::path& to) {
  const mapped_file source(from);
  atomic_file target(to);
  target.write(source.bytes());
  target.commit();
}

}  // namespace detail

ZER0_INLINE atomic_directory::atomic_directory(std::filesystem::path target)
    : target_(std::move(target)),
      temporary_(target_.string() + ".tmp." + std::to_string(::getpid())) {
  std::error_code failure;
  std::filesystem::remove_all(temporary_, failure);
  std::filesystem::create_directories(temporary_, failure);
  require(!failure, "cannot create ", temporary_.string(), ": ", failure.message());
}

ZER0_INLINE atomic_directory::~atomic_directory() {
  std::error_code ignored;
  if (!committed_) std::filesystem::remove_all(temporary_, ignored);
}

ZER0_INLINE void atomic_directory::commit() {
  sync(temporary_);
  const std::filesystem::path old = target_.string() + ".old." + std::to_string(::getpid());
  std::error_code failure;
  if (std::filesystem::exists(target_)) std::filesystem::rename(target_, old, failure);
  if (!failure) std::filesystem::rename(temporary_, target_, failure);
  require(!failure, "cannot rename ", temporary_.string(), " to ", target_.string(), ": ",
          failure.message());
  committed_ = true;
  sync(target_.has_parent_path() ? target_.parent_path() : ".");
  std::filesystem::remove_all(old, failure);
}

ZER0_INLINE void atomic_directory::sync(const std::filesystem::path& directory) {
  const int handle = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  require(handle >= 0, "cannot open ", directory.string(), ": ", std::strerror(errno));
  const int result = ::fsync(handle);
  ::close(handle);
  require(result == 0, "cannot sync ", directory.string(), ": ", std::strerror(errno));
}

}  // namespace zer0

// Bodies of zer0/io/atomic_directory.hpp.
#pragma once

#include <zer0/io/atomic_directory.hpp>
#include <zer0/io/atomic_file.hpp>
#include <zer0/io/mapped_file.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>

namespace zer0 {

ZER0_INLINE void copy_durably(const std::filesystem::path& from, const std::filesystem::path& to) {
  const mapped_file source(from);
  atomic_file target(to);
  target.write(source.bytes());
  target.commit();
}

ZER0_INLINE atomic_directory::atomic_directory(std::filesystem::path target)
    : target_(std::move(target)), temporary_(target_.string() + ".tmp." + std::to_string(::getpid())) {
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
  require(!failure, "cannot rename ", temporary_.string(), " to ", target_.string(), ": ", failure.message());
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

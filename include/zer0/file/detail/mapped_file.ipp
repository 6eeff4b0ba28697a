// Bodies of zer0/file/mapped_file.hpp.
#pragma once

#include <zer0/file/mapped_file.hpp>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace zer0 {

ZER0_INLINE mapped_file::mapped_file(const std::filesystem::path& path, file_access access)
    : path_(path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  require(file >= 0, "cannot open ", path.string(), ": ", std::strerror(errno));
  const std::string problem = map(file);
  ::close(file);
  require(problem.empty(), "cannot read ", path.string(), ": ", problem);
  advise(access);
}

ZER0_INLINE mapped_file::mapped_file(mapped_file&& other) noexcept { swap(other); }
ZER0_INLINE mapped_file& mapped_file::operator=(mapped_file&& other) noexcept {
  mapped_file(std::move(other)).swap(*this);
  return *this;
}

ZER0_INLINE mapped_file::~mapped_file() {
  if (data_ != nullptr) ::munmap(data_, size_);
}

ZER0_INLINE void mapped_file::advise(file_access access) const {
  if (data_ == nullptr) return;
  const int advice = access == file_access::sequential ? MADV_SEQUENTIAL
                     : access == file_access::random   ? MADV_RANDOM
                                                       : MADV_NORMAL;
  ::madvise(data_, size_, advice);  // a refused hint changes nothing that matters
}

ZER0_INLINE std::string mapped_file::map(int file) {
  struct stat info {};
  if (::fstat(file, &info) != 0) return std::strerror(errno);
  if (S_ISDIR(info.st_mode)) return std::strerror(EISDIR);
  if (!S_ISREG(info.st_mode))
    return "not a regular file (a pipe or device cannot be mapped; copy it to a file first)";
  if (info.st_size == 0) return {};
  const auto size = static_cast<std::size_t>(info.st_size);
  void* const data = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file, 0);
  if (data == MAP_FAILED) return std::strerror(errno);
  data_ = data;
  size_ = size;
  return {};
}

ZER0_INLINE void mapped_file::swap(mapped_file& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
}

/// Checkpoints hold these numbers, so they stay as they are: not those of content_hash.
ZER0_INLINE std::uint64_t file_fingerprint(const std::filesystem::path& path) {
  const mapped_file file(path, file_access::sequential);
  const auto bytes = file.bytes();
  std::uint64_t hash = 0xcbf29ce484222325u ^ bytes.size();
  for (std::size_t i = 0; i < bytes.size(); i += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + i, std::min<std::size_t>(8, bytes.size() - i));
    hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
    hash ^= hash >> 29;
  }
  return hash;
}

}  // namespace zer0

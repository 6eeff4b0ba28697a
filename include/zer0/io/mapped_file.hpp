// A file as read-only memory.
#pragma once

#include <zer0/core/error.hpp>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace zer0 {

/// How a mapped file is going to be read; a hint to the system, nothing more.
enum class file_access { normal, sequential, random };

/// Maps the whole of a regular file for reading. The pages come from the file as they are touched, so a file larger
/// than the memory is fine. An empty file is an empty range. Moving keeps the addresses. Throws: zer0::error naming the
/// path and the system's reason. Surprise: a file that is cut shorter while it is mapped kills the process (SIGBUS)
/// when the lost part is read. Replace files by renaming (atomic_file does), never by rewriting them in place.
class mapped_file {
 public:
  mapped_file() = default;

  explicit mapped_file(const std::filesystem::path& path, file_access access = file_access::normal) : path_(path) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    require(file >= 0, "cannot open ", path.string(), ": ", std::strerror(errno));
    const std::string problem = map(file);
    ::close(file);
    require(problem.empty(), "cannot read ", path.string(), ": ", problem);
    advise(access);
  }

  mapped_file(mapped_file&& other) noexcept { swap(other); }
  mapped_file& operator=(mapped_file&& other) noexcept {
    mapped_file(std::move(other)).swap(*this);
    return *this;
  }

  ~mapped_file() {
    if (data_ != nullptr) ::munmap(data_, size_);
  }

  void advise(file_access access) const {
    if (data_ == nullptr) return;
    const int advice = access == file_access::sequential ? MADV_SEQUENTIAL
                       : access == file_access::random   ? MADV_RANDOM
                                                         : MADV_NORMAL;
    ::madvise(data_, size_, advice);  // a refused hint changes nothing that matters
  }

  [[nodiscard]] std::span<const std::byte> bytes() const { return {static_cast<const std::byte*>(data_), size_}; }
  [[nodiscard]] std::string_view text() const { return {static_cast<const char*>(data_), size_}; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  /// Maps the open file; returns why it cannot be mapped, or nothing.
  std::string map(int file) {
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

  void swap(mapped_file& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
  }

  std::filesystem::path path_;
  void* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace zer0

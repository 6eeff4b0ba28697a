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

ZER0_INLINE jsonl_file::jsonl_file(const std::filesystem::path& path)
    : file_(path, file_access::sequential), text_(file_.text()), name_(path.string()) {
  index();
}

ZER0_INLINE jsonl_file::jsonl_file(std::string_view text, std::string name)
    : text_(text), name_(std::move(name)) {
  index();
}

ZER0_INLINE std::string_view jsonl_file::line(index_t i) const {
  const std::size_t from = begin(i);
  std::string_view line = text_.substr(from, line_feed(from) - from);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

ZER0_INLINE std::string jsonl_file::where(index_t i) const {
  const auto newlines = std::count(text_.begin(), text_.begin() + offset(i), '\n');
  return name_ + ":" + std::to_string(newlines + 1);
}

ZER0_INLINE void jsonl_file::remove(std::span<const index_t> lines) {
  if (lines.empty()) return;
  std::size_t kept = static_cast<std::size_t>(lines.front());
  std::size_t next = 0;
  for (std::size_t i = kept; i < begins_.size(); ++i) {
    if (next < lines.size() && static_cast<index_t>(i) == lines[next]) {
      ++next;
    } else {
      begins_[kept++] = begins_[i];
    }
  }
  begins_.resize(kept);
}

ZER0_INLINE void jsonl_file::expect_random_access() const { file_.advise(file_access::random); }

ZER0_INLINE std::size_t jsonl_file::line_feed(std::size_t from) const {
  const void* found =
      from == text_.size() ? nullptr : std::memchr(text_.data() + from, '\n', text_.size() - from);
  return found == nullptr
             ? text_.size()
             : static_cast<std::size_t>(static_cast<const char*>(found) - text_.data());
}

ZER0_INLINE void jsonl_file::index() {
  std::size_t begin = text_.starts_with("\xef\xbb\xbf") ? 3 : 0;
  while (begin < text_.size()) {
    const std::size_t end = line_feed(begin);
    if (text_.substr(begin, end - begin).find_first_not_of(" \t\r") != std::string_view::npos)
      begins_.push_back(begin);
    begin = end + 1;
  }
  begins_.shrink_to_fit();
}

}  // namespace zer0

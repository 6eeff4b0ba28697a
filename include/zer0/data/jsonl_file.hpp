// JSON Lines: where the lines of a large file begin.
#pragma once

#include <zer0/core/error.hpp>
#include <zer0/core/types.hpp>
#include <zer0/io/mapped_file.hpp>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace zer0 {

/// A memory-mapped text file as its lines that are not blank. A byte order mark at its start is skipped, lines end with
/// LF or CRLF, the last one with nothing at all if it likes. What a line holds is not looked at. Memory: 8 bytes a
/// line; the file itself stays in the page cache. Reading is thread-safe. Throws: zer0::error if the file cannot be
/// read.
class jsonl_file {
 public:
  explicit jsonl_file(const std::filesystem::path& path)
      : file_(path, file_access::sequential), text_(file_.text()), name_(path.string()) {
    index();
  }

  /// Text in memory that the caller keeps; `name` is for messages.
  jsonl_file(std::string_view text, std::string name) : text_(text), name_(std::move(name)) { index(); }

  /// The number of lines that are not blank.
  [[nodiscard]] index_t size() const { return static_cast<index_t>(begins_.size()); }

  /// Line i of these, without its line end.
  [[nodiscard]] std::string_view line(index_t i) const { return line_at(begin(i)); }

  /// Where line i begins, in bytes from the start of the file.
  [[nodiscard]] index_t offset(index_t i) const { return static_cast<index_t>(begin(i)); }

  /// "FILE:LINE" of line i, for messages: LINE counts from 1 and counts blank lines. Reads the file up to there.
  [[nodiscard]] std::string where(index_t i) const {
    const auto newlines = std::count(text_.begin(), text_.begin() + offset(i), '\n');
    return name_ + ":" + std::to_string(newlines + 1);
  }

  /// Takes lines out, given as growing indices.
  void remove(std::span<const index_t> lines) {
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

  /// Tells the system that lines are going to be read in no order.
  void expect_random_access() const { file_.advise(file_access::random); }

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] index_t bytes() const { return static_cast<index_t>(text_.size()); }

 private:
  [[nodiscard]] std::size_t begin(index_t i) const { return begins_[static_cast<std::size_t>(i)]; }

  /// The position of the line feed at or after `from`, or the end of the text.
  [[nodiscard]] std::size_t line_feed(std::size_t from) const {
    const void* found = from == text_.size() ? nullptr : std::memchr(text_.data() + from, '\n', text_.size() - from);
    return found == nullptr ? text_.size() : static_cast<std::size_t>(static_cast<const char*>(found) - text_.data());
  }

  [[nodiscard]] std::string_view line_at(std::size_t begin) const {
    std::string_view line = text_.substr(begin, line_feed(begin) - begin);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
  }

  void index() {
    std::size_t begin = text_.starts_with("\xef\xbb\xbf") ? 3 : 0;
    while (begin < text_.size()) {
      const std::size_t end = line_feed(begin);
      if (text_.substr(begin, end - begin).find_first_not_of(" \t\r") != std::string_view::npos)
        begins_.push_back(begin);
      begin = end + 1;
    }
    begins_.shrink_to_fit();
  }

  mapped_file file_;
  std::string_view text_;
  std::string name_;
  std::vector<std::size_t> begins_;
};

}  // namespace zer0

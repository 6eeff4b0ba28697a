// JSON Lines: where the lines of a large file begin.
#pragma once

#include <zer0/core/detail/compiled.hpp>
#include <zer0/core/error.hpp>
#include <zer0/core/types.hpp>
#include <zer0/file/mapped_file.hpp>

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace zer0 {

/// A memory-mapped text file as its lines that are not blank. A byte order mark at its start is
/// skipped, lines end with LF or CRLF, the last one with nothing at all if it likes. What a line
/// holds is not looked at. Memory: 8 bytes a line; the file itself stays in the page cache. Reading
/// is thread-safe. Throws: zer0::error if the file cannot be read.
class jsonl_file {
 public:
  explicit jsonl_file(const std::filesystem::path& path);

  /// Text in memory that the caller keeps; `name` is for messages.
  jsonl_file(std::string_view text, std::string name);

  /// The number of lines that are not blank.
  [[nodiscard]] index_t size() const { return static_cast<index_t>(begins_.size()); }

  /// Line i of these, without its line end.
  [[nodiscard]] std::string_view line(index_t i) const;

  /// Where line i begins, in bytes from the start of the file.
  [[nodiscard]] index_t offset(index_t i) const { return static_cast<index_t>(begin(i)); }

  /// "FILE:LINE" of line i, for messages: LINE counts from 1 and counts blank lines. Reads the file
  /// up to there.
  [[nodiscard]] std::string where(index_t i) const;

  /// Takes lines out, given as growing indices.
  void remove(std::span<const index_t> lines);

  /// Tells the system that lines are going to be read in no order.
  void expect_random_access() const;

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] index_t bytes() const { return static_cast<index_t>(text_.size()); }

  /// The whole file.
  [[nodiscard]] std::string_view text() const { return text_; }

 private:
  [[nodiscard]] std::size_t begin(index_t i) const { return begins_[static_cast<std::size_t>(i)]; }

  /// The position of the line feed at or after `from`, or the end of the text.
  [[nodiscard]] std::size_t line_feed(std::size_t from) const;

  void index();

  mapped_file file_;
  std::string_view text_;
  std::string name_;
  std::vector<std::size_t> begins_;
};

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/file/detail/jsonl_file.ipp>
#endif

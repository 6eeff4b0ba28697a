// What all files of records share: lines that were checked when the file was opened. Users include
// pretrain_records.hpp, chat_records.hpp or preference_records.hpp.
#pragma once

#include <zer0/core/error.hpp>
#include <zer0/core/types.hpp>
#include <zer0/data/checked_lines.hpp>
#include <zer0/data/jsonl_file.hpp>

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace zer0::detail {

/// A JSON Lines file of which `Read(line, record)` takes the records; it returns what is wrong with a line, or nothing.
/// Opening looks at every line. Memory: 8 bytes a record; reading is thread-safe. Throws: zer0::error "FILE:LINE: what
/// is wrong", or that there are no records.
template <class Record, std::string (*Read)(std::string_view, Record&)>
class jsonl_records {
 public:
  explicit jsonl_records(const std::filesystem::path& path, const open_options& options = {})
      : jsonl_records(jsonl_file(path), options) {}

  /// Text in memory that the caller keeps; `name` is for messages.
  jsonl_records(std::string_view text, std::string name, const open_options& options = {})
      : jsonl_records(jsonl_file(text, std::move(name)), options) {}

  [[nodiscard]] index_t size() const { return file_.size(); }

  /// Puts record i into `out`. Throws: zer0::error if the file has been changed since it was opened.
  void read(index_t i, Record& out) const {
    const std::string problem = Read(file_.line(i), out);
    if (!problem.empty()) fail(where(i), ": ", problem, "; the file was changed while it was in use");
  }

  /// "FILE:LINE" of record i, for messages.
  [[nodiscard]] std::string where(index_t i) const { return file_.where(i); }

  [[nodiscard]] const std::string& name() const { return file_.name(); }

  /// How many lines were left out.
  [[nodiscard]] index_t bad_lines() const { return bad_.count; }

  /// "FILE:LINE: what is wrong" for the first few of them.
  [[nodiscard]] const std::vector<std::string>& first_bad() const { return bad_.first; }

 private:
  jsonl_records(jsonl_file file, const open_options& options) : file_(std::move(file)) {
    const auto check = [](std::string_view line) {
      thread_local Record record;
      return Read(line, record);
    };
    bad_ = check_lines(file_, check, options);
    file_.expect_random_access();
  }

  jsonl_file file_;
  zer0::bad_lines bad_;
};

}  // namespace zer0::detail

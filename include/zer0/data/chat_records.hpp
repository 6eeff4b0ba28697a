// Conversations to learn answers from, as JSON Lines.
#pragma once

#include <zer0/core/error.hpp>
#include <zer0/core/types.hpp>
#include <zer0/data/chat_record.hpp>
#include <zer0/data/checked_lines.hpp>
#include <zer0/data/jsonl_file.hpp>

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

namespace zer0 {

namespace detail {

/// The conversation of a line; returns what is wrong with the line, or nothing.
[[nodiscard]] inline std::string read_chat(std::string_view line, chat_record& out) {
  chat_line_reader reader({"conversations", "messages"}, "it has neither \"conversations\" nor \"messages\"");
  const std::string problem = reader.read(line);
  if (!problem.empty()) return problem;
  if (reader.found().size() > 1) return "it has \"conversations\" and \"messages\"; taking either would be a guess";
  out.messages = std::move(reader.found().front().value);
  out.tools = std::move(reader.tools());
  std::string wrong = problem_of_messages(out.messages, reader.found().front().name);
  return wrong.empty() ? problem_of_answers(out.messages) : wrong;
}

}  // namespace detail

/// A JSON Lines file whose every line is an object with a conversation: {"conversations": [{"role": ..., "content":
/// ...}, ...]}, or the same under "messages". Roles are system, user, assistant and tool; what further keys a message
/// has is left to the chat template, and so is the order of the roles. "tools" is kept, other fields are ignored.
/// Opening looks at every line (docs/data.md lists what is refused). Memory: 8 bytes a record; reading is thread-safe.
/// Throws: zer0::error "FILE:LINE: what is wrong", or that there are no records.
class chat_records {
 public:
  explicit chat_records(const std::filesystem::path& path, const open_options& options = {})
      : chat_records(jsonl_file(path), options) {}

  /// Text in memory that the caller keeps; `name` is for messages.
  chat_records(std::string_view text, std::string name, const open_options& options = {})
      : chat_records(jsonl_file(text, std::move(name)), options) {}

  [[nodiscard]] index_t size() const { return file_.size(); }

  /// Puts the conversation of record i into `out`. Throws: zer0::error if the file has been changed since it was
  /// opened.
  void read(index_t i, chat_record& out) const {
    const std::string problem = detail::read_chat(file_.line(i), out);
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
  chat_records(jsonl_file file, const open_options& options) : file_(std::move(file)) {
    const auto check = [](std::string_view line) {
      chat_record record;
      return detail::read_chat(line, record);
    };
    bad_ = check_lines(file_, check, options);
    file_.expect_random_access();
  }

  jsonl_file file_;
  zer0::bad_lines bad_;
};

}  // namespace zer0

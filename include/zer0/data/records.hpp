// Files of records to train on or to ask: JSON Lines of texts, conversations, pairs of answers or
// questions.
#pragma once

#include <zer0/core/detail/compiled.hpp>
#include <zer0/core/error.hpp>
#include <zer0/core/types.hpp>
#include <zer0/data/detail/kept_counts.hpp>
#include <zer0/file/json_document.hpp>
#include <zer0/file/mapped_file.hpp>
#include <zer0/text/chat_template.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace zer0 {

/// How a data file is opened.
struct open_options {
  bool skip_bad_lines = false;  ///< leave bad lines out and count them; else the first one throws
  int num_workers = 1;  ///< threads that look at the lines; their number changes nothing else
  /// A folder, such as that of the run, that keeps counts of the file: which lines are bad, and how
  /// long its samples are. Opening the same file again then parses nothing, and measuring tokenizes
  /// nothing, as long as the file's size, time and content are the same, and the tokenizer and the
  /// template too. Empty: nothing is kept.
  std::filesystem::path counts_in = {};
  /// Called on the calling thread with the fraction that is done.
  std::function<void(double)> progress = {};
};

/// The lines that were left out.
struct bad_lines {
  static constexpr index_t reported = 5;

  index_t count = 0;
  std::vector<std::string> first{};  ///< "FILE:LINE: what is wrong" for the first `reported` lines
};

/// A conversation as its file has it.
struct chat_record {
  held<chat_json> messages;    ///< [{"role", "content", ...}, ...]
  held<chat_json> tools = {};  ///< functions that the template is told of; null if there are none
};

/// Two conversations that begin alike.
struct preference_record {
  held<chat_json> chosen;      ///< [{"role", "content", ...}, ...]
  held<chat_json> rejected;    ///< the same
  std::size_t prompt = 0;      ///< number of messages in the prompt, equal on both sides
  held<chat_json> tools = {};  ///< as in chat_record
};

/// A question with the answer that is right.
struct question_record {
  std::string asked;              ///< the prompt, or the last message of the conversation
  std::string answer;             ///< that is right
  held<chat_json> messages = {};  ///< what comes before the answer; null: `asked` alone
  held<chat_json> tools = {};     ///< as in chat_record

  [[nodiscard]] bool is_conversation() const;
};

/// The record of a line. Each returns what is wrong with the line, or nothing.
[[nodiscard]] std::string read_text(std::string_view line, std::string& out);
[[nodiscard]] std::string read_chat(std::string_view line, chat_record& out);
[[nodiscard]] std::string read_preference(std::string_view line, preference_record& out);
[[nodiscard]] std::string read_question(std::string_view line, question_record& out);

namespace detail {

/// The message about a bad line: "FILE:LINE: problem".
[[nodiscard]] std::string bad_line_message(const jsonl_file& file, index_t line,
                                           const std::string& problem);

/// The lines of a file, all of them checked, without the bad ones.
class record_lines {
 public:
  /// Returns what is wrong with a line; empty if nothing is. Many threads may call it at once.
  using check_function = std::function<std::string(std::string_view)>;

  /// `kind` names what `check` looks for; empty: a check that is not known, whose counts are not
  /// kept. Throws: zer0::error naming file and line at the first bad one unless they are to be
  /// skipped, and if no line is left.
  record_lines(const std::filesystem::path& path, const std::string& kind,
               const check_function& check, const open_options& options);
  record_lines(std::string_view text, std::string name, const check_function& check,
               const open_options& options);

  [[nodiscard]] const jsonl_file& file() const { return file_; }
  [[nodiscard]] const bad_lines& bad() const { return bad_; }
  [[nodiscard]] const counted_file& counted() const { return counted_; }

 private:
  void look(const check_function& check, const open_options& options, const counts_file& kept);

  jsonl_file file_;
  counted_file counted_;
  bad_lines bad_;
};

/// A name for the records that `Read` reads, which their counts are kept under.
template <auto Read>
inline constexpr const char* kind_of_records = "";
template <>
inline constexpr const char* kind_of_records<&read_text> = "texts";
template <>
inline constexpr const char* kind_of_records<&read_chat> = "conversations";
template <>
inline constexpr const char* kind_of_records<&read_preference> = "pairs";
template <>
inline constexpr const char* kind_of_records<&read_question> = "questions";

struct sample_source;

}  // namespace detail

/// A JSON Lines file from whose lines `Read(line, record)` makes records. `Read` returns what is
/// wrong with a line, or nothing, and many threads may call it at once. Opening looks at every
/// line, so that errors show at once and not hours into the training. Memory: 8 bytes a record; the
/// records stay in the file. Reading is thread-safe. Throws: zer0::error "FILE:LINE: what is
/// wrong", or that there are no records.
template <class Record, std::string (*Read)(std::string_view, Record&)>
class jsonl_records {
 public:
  explicit jsonl_records(const std::filesystem::path& path, const open_options& options = {})
      : lines_(path, detail::kind_of_records<Read>, check, options) {}

  /// Takes text in memory, which must outlive this object; `name` is for messages. No counts are
  /// kept.
  jsonl_records(std::string_view text, std::string name, const open_options& options = {})
      : lines_(text, std::move(name), check, options) {}

  [[nodiscard]] index_t size() const { return lines_.file().size(); }

  /// Puts record i into `out`. Throws: zer0::error if the file has been changed since it was
  /// opened.
  void read(index_t i, Record& out) const {
    const std::string problem = Read(lines_.file().line(i), out);
    if (!problem.empty())
      fail(where(i), ": ", problem, "; the file was changed while it was in use");
  }

  /// "FILE:LINE" of record i, for messages.
  [[nodiscard]] std::string where(index_t i) const { return lines_.file().where(i); }

  [[nodiscard]] const std::string& name() const { return lines_.file().name(); }

  /// How many lines were left out.
  [[nodiscard]] index_t bad_lines() const { return lines_.bad().count; }

  /// "FILE:LINE: what is wrong" for the first few of them.
  [[nodiscard]] const std::vector<std::string>& first_bad() const { return lines_.bad().first; }

 private:
  friend detail::sample_source;  // keeps its counts in the folder that keeps those of the lines

  static std::string check(std::string_view line) {
    thread_local Record record;
    return Read(line, record);
  }

  detail::record_lines lines_;
};

#ifdef ZER0_COMPILED
extern template class jsonl_records<std::string, &read_text>;
extern template class jsonl_records<chat_record, &read_chat>;
extern template class jsonl_records<preference_record, &read_preference>;
extern template class jsonl_records<question_record, &read_question>;
#endif

/// Texts to pretrain on: every line is an object with the string "text"; other fields are ignored,
/// however deep they nest. A line is refused if it is no JSON object, has no "text" or two, if
/// "text" is not a string or nothing but white space, and for invalid UTF-8 or half a surrogate
/// pair.
class pretrain_records : public jsonl_records<std::string, &read_text> {
 public:
  using jsonl_records::jsonl_records;
};

/// Conversations to learn answers from: every line is an object {"conversations": [message, ...]},
/// or the same under "messages", a message being {"role": ..., "content": ...}. Roles are system,
/// user, assistant and tool. The chat template decides about the order of roles and about further
/// keys of a message. "tools" is kept, other fields are ignored. docs/data.md lists what is
/// refused.
class chat_records : public jsonl_records<chat_record, &read_chat> {
 public:
  using jsonl_records::jsonl_records;
};

/// Pairs of answers, one preferred to the other: every line is {"chosen": [messages], "rejected":
/// [messages]}, messages as in chat_records. The equal messages at the beginning of both sides are
/// the prompt. The first message that differs is an answer of the assistant on both sides; further
/// turns may follow. "tools" is kept, other fields are ignored. docs/data.md lists what is refused.
class preference_records : public jsonl_records<preference_record, &read_preference> {
 public:
  using jsonl_records::jsonl_records;
};

/// Questions with their answers (exact_match): every line is {"prompt": "...", "answer": "..."}, or
/// a conversation as in chat_records whose last message is the assistant's answer.
class question_records : public jsonl_records<question_record, &read_question> {
 public:
  using jsonl_records::jsonl_records;
};

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/data/detail/records.ipp>
#endif

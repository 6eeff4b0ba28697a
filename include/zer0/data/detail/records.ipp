// Bodies of zer0/data/records.hpp.
#pragma once

#include <zer0/data/detail/chat_lines.hpp>
#include <zer0/data/detail/work_through.hpp>
#include <zer0/data/records.hpp>
#include <zer0/file/detail/json_sax.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdint>
#include <mutex>
#include <optional>
#include <utility>

namespace zer0 {

namespace detail {

ZER0_INLINE std::string bad_line_message(const jsonl_file& file, index_t line,
                                         const std::string& problem) {
  std::string message = file.where(line) + ": " + problem;
  if (line == 0 && file.line(0).find_first_not_of(" \t") == file.line(0).find('['))
    message += "; if the file is a JSON array, make it one object a line: jq -c '.[]' " +
               file.name() + " > new.jsonl";
  return message;
}

/// The indices of all bad lines if they are to be skipped. Else at least the first bad line is
/// there, and perhaps others.
ZER0_INLINE std::vector<index_t> find_bad_lines(const jsonl_file& file,
                                                const record_lines::check_function& check,
                                                const open_options& options) {
  std::vector<index_t> bad;
  std::mutex mutex;
  const auto look = [&](index_t begin, index_t end) {
    for (index_t i = begin; i < end; ++i) {
      if (check(file.line(i)).empty()) continue;
      const std::lock_guard lock(mutex);
      bad.push_back(i);
      if (!options.skip_bad_lines) return false;
    }
    return true;
  };
  const auto progress = [&](index_t done) {
    if (options.progress && done < file.size())
      options.progress(static_cast<double>(file.offset(done)) / static_cast<double>(file.bytes()));
  };
  constexpr index_t piece = 64;
  work_through(file.size(), piece, options.num_workers, look, progress);
  std::sort(bad.begin(), bad.end());
  return bad;
}

/// The indices of the bad lines as an earlier look at the file counted them.
ZER0_INLINE std::optional<std::vector<index_t>> kept_bad_lines(const jsonl_file& file,
                                                               const counts_file& kept) {
  const std::optional<kept_counts> counts = kept.read();
  if (!counts || counts->numbers.empty()) return std::nullopt;
  const std::vector<index_t> bad(counts->numbers.begin() + 1, counts->numbers.end());
  const bool of_this = counts->numbers.front() == static_cast<std::uint64_t>(file.size()) &&
                       std::is_sorted(bad.begin(), bad.end()) &&
                       (bad.empty() || (bad.front() >= 0 && bad.back() < file.size()));
  return of_this ? std::optional(bad) : std::nullopt;
}

ZER0_INLINE void keep_bad_lines(const jsonl_file& file, const std::vector<index_t>& bad,
                                const counts_file& kept) {
  kept_counts counts{.numbers = {static_cast<std::uint64_t>(file.size())}};
  counts.numbers.insert(counts.numbers.end(), bad.begin(), bad.end());
  kept.write(counts);
}

ZER0_INLINE record_lines::record_lines(const std::filesystem::path& path, const std::string& kind,
                                       const check_function& check, const open_options& options)
    : file_(path) {
  if (!kind.empty()) counted_ = identify(options.counts_in, path, file_.text());
  look(check, options,
       {counted_, "bad lines of " + kind + (options.skip_bad_lines ? ", left out" : ""), ""});
}

ZER0_INLINE record_lines::record_lines(std::string_view text, std::string name,
                                       const check_function& check, const open_options& options)
    : file_(text, std::move(name)) {
  look(check, options, {counted_, "", ""});
}

ZER0_INLINE void record_lines::look(const check_function& check, const open_options& options,
                                    const counts_file& kept) {
  require(file_.size() > 0, file_.name(), " has no records: ",
          file_.bytes() == 0 ? "it is empty" : "it has no line that is not blank");
  const std::optional<std::vector<index_t>> earlier = kept_bad_lines(file_, kept);
  const std::vector<index_t> bad = earlier ? *earlier : find_bad_lines(file_, check, options);
  bad_.count = static_cast<index_t>(bad.size());
  for (const index_t line : bad) {
    if (static_cast<index_t>(bad_.first.size()) == bad_lines::reported) break;
    bad_.first.push_back(bad_line_message(file_, line, check(file_.line(line))));
    require(options.skip_bad_lines, bad_.first.front(),
            "; set skip_bad_lines to leave such lines out");
  }
  require(bad_.count < file_.size(), file_.name(), " has no records: all its lines are bad; ",
          bad_.first.empty() ? "" : bad_.first.front());
  if (!earlier) keep_bad_lines(file_, bad, kept);
  file_.remove(bad);
  file_.expect_random_access();
  if (options.progress) options.progress(1.0);
}

/// Reads the string "text" of a JSON object, whatever else the object holds.
class text_events final : public json_events {
 public:
  std::string text;

  bool null() override { return other("null"); }
  bool boolean(bool) override { return other("a boolean"); }
  bool number_integer(std::int64_t) override { return other("a number"); }
  bool number_unsigned(std::uint64_t) override { return other("a number"); }
  bool number_float(double) override { return other("a number"); }

  bool string(std::string& value) override {
    if (!here()) return depth_ > 0 || other("a string");
    text.swap(value);
    return true;
  }

  bool start_object() override {
    if (here()) return other("an object");
    ++depth_;
    return true;
  }

  bool start_array() override {
    if (depth_ == 0 || here()) return other("an array");
    ++depth_;
    return true;
  }

  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(std::string& name) override {
    if (depth_ != 1) return true;
    at_text_ = name == "text";
    if (at_text_ && found_) return refuse("it has \"text\" twice");
    found_ = found_ || at_text_;
    return true;
  }

  [[nodiscard]] bool found() const { return found_; }

 private:
  /// Whether the next value is that of "text".
  [[nodiscard]] bool here() const { return depth_ == 1 && at_text_; }

  bool other(const std::string& what) {
    if (depth_ == 0) return refuse("it is " + what + ", not an object like {\"text\": \"...\"}");
    return !here() || refuse("its \"text\" is " + what + ", not a string");
  }

  bool close() {
    --depth_;
    return true;
  }

  index_t depth_ = 0;
  bool at_text_ = false;
  bool found_ = false;
};

}  // namespace detail

ZER0_INLINE std::string read_text(std::string_view line, std::string& out) {
  detail::text_events events;
  events.text.swap(out);
  std::string problem = detail::read_json(line, events);
  out.swap(events.text);
  if (!problem.empty()) return problem;
  if (!events.found()) return "it has no \"text\"";
  if (out.find_first_not_of(" \t\n\r\v\f") == std::string::npos) return "its \"text\" is empty";
  return {};
}

ZER0_INLINE std::string read_chat(std::string_view line, chat_record& out) {
  detail::chat_line_reader reader({"conversations", "messages"},
                                  "it has neither \"conversations\" nor \"messages\"");
  const std::string problem = reader.read(line);
  if (!problem.empty()) return problem;
  if (reader.found().size() > 1)
    return "it has \"conversations\" and \"messages\"; taking either would be a guess";
  *out.messages = std::move(reader.found().front().value);
  *out.tools = std::move(reader.tools());
  std::string wrong = detail::problem_of_messages(*out.messages, reader.found().front().name);
  return wrong.empty() ? detail::problem_of_answers(*out.messages) : wrong;
}

ZER0_INLINE std::string read_preference(std::string_view line, preference_record& out) {
  detail::chat_line_reader reader({"chosen", "rejected"},
                                  "it has neither \"chosen\" nor \"rejected\"");
  if (std::string problem = reader.read(line); !problem.empty()) return problem;
  if (reader.found().size() < 2)
    return reader.found().front().name == "chosen" ? "it has no \"rejected\""
                                                   : "it has no \"chosen\"";
  for (detail::chat_line_reader::entry& side : reader.found()) {
    if (std::string problem = detail::problem_of_messages(side.value, side.name); !problem.empty())
      return problem.starts_with("its ") ? problem : "\"" + side.name + "\": " + problem;
    (side.name == "chosen" ? *out.chosen : *out.rejected) = std::move(side.value);
  }
  *out.tools = std::move(reader.tools());
  const chat_json& chosen = *out.chosen;
  const chat_json& rejected = *out.rejected;
  const std::size_t both = std::min(chosen.size(), rejected.size());
  out.prompt = 0;
  while (out.prompt < both && chosen[out.prompt] == rejected[out.prompt]) ++out.prompt;
  if (out.prompt == both && chosen.size() == rejected.size())
    return "\"chosen\" and \"rejected\" are the same";
  for (const chat_json* side : {&chosen, &rejected})
    if (out.prompt < both && !detail::json_is((*side)[out.prompt]["role"], "assistant"))
      return "\"chosen\" and \"rejected\" have different prompts: they differ in message " +
             std::to_string(out.prompt + 1) + ", before the answer";
  std::string problem = detail::problem_of_side(chosen, out.prompt, "chosen");
  return problem.empty() ? detail::problem_of_side(rejected, out.prompt, "rejected") : problem;
}

namespace detail {

/// {"prompt": "...", "answer": "..."}; returns what is wrong with it, or nothing.
ZER0_INLINE std::string read_prompt(const nlohmann::json& line, question_record& out) {
  for (const char* key : {"prompt", "answer"}) {
    if (!line.contains(key)) return std::string("it has no \"") + key + "\"";
    if (!line[key].is_string()) return std::string("its \"") + key + "\" is not a string";
  }
  out = {.asked = line["prompt"].get<std::string>(), .answer = line["answer"].get<std::string>()};
  return out.asked.empty() ? "its \"prompt\" is empty" : "";
}

}  // namespace detail

ZER0_INLINE bool question_record::is_conversation() const { return !messages->is_null(); }

ZER0_INLINE std::string read_question(std::string_view text, question_record& out) {
  std::string problem;
  const nlohmann::json line = detail::parse_document(text, problem);
  if (problem.empty() && line.is_object() && (line.contains("prompt") || line.contains("answer")))
    return detail::read_prompt(line, out);
  chat_record chat;
  problem = read_chat(text, chat);
  if (!problem.empty()) return problem;
  chat_json& messages = *chat.messages;
  const chat_json last = messages.back();
  const bool answers = last["role"] == "assistant" && !last.contains("tool_calls");
  out.answer = answers ? last["content"].get<std::string>() : std::string();
  if (detail::is_blank(out.answer)) return "its last message is not an answer of the assistant";
  messages.erase(messages.size() - 1);
  if (messages.empty()) return "nothing stands before its answer";
  const chat_json& asked = messages.back()["content"];
  out.asked = asked.is_string() ? asked.get<std::string>() : std::string();
  out.messages = std::move(chat.messages);
  out.tools = std::move(chat.tools);
  return {};
}

#ifdef ZER0_COMPILED
template class jsonl_records<std::string, &read_text>;
template class jsonl_records<chat_record, &read_chat>;
template class jsonl_records<preference_record, &read_preference>;
template class jsonl_records<question_record, &read_question>;
#endif

}  // namespace zer0

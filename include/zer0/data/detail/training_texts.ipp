// Bodies of zer0/data/training_texts.hpp.
#pragma once

#include <zer0/core/types.hpp>
#include <zer0/data/training_texts.hpp>
#include <zer0/io/detail/json_sax.hpp>

#include <cstdint>

namespace zer0 {

namespace detail {

/// Takes the string under "text" out of a JSON object, and every "content" of the messages in its "conversations",
/// "messages", "chosen" and "rejected".
class training_text_events final : public json_events {
 public:
  explicit training_text_events(std::vector<std::string>& texts) : texts_(texts) {}

  bool null() override { return at_content() || other("null"); }  // a message may say nothing, calling a tool instead
  bool boolean(bool) override { return other("a boolean"); }
  bool number_integer(std::int64_t) override { return other("a number"); }
  bool number_unsigned(std::uint64_t) override { return other("a number"); }
  bool number_float(double) override { return other("a number"); }

  bool string(std::string& value) override {
    if (!at_text() && !at_content()) return other("a string");
    texts_.emplace_back().swap(value);
    return true;
  }

  bool start_object() override { return open(depth_ == 0 || at_message(), "an object"); }
  bool start_array() override { return open(at_messages(), "an array"); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(std::string& name) override {
    if (depth_ == 1) {
      is_text_ = name == "text";
      is_chat_ = name == "conversations" || name == "messages" || name == "chosen" || name == "rejected";
      found_ = found_ || is_text_ || is_chat_;
    } else if (depth_ == 3) {
      is_content_ = name == "content";
    }
    return true;
  }

  [[nodiscard]] bool found() const { return found_; }

 private:
  // What the coming value is: that of "text"; an array of messages; one of them; the "content" of one.
  [[nodiscard]] bool at_text() const { return depth_ == 1 && is_text_; }
  [[nodiscard]] bool at_messages() const { return depth_ == 1 && is_chat_; }
  [[nodiscard]] bool at_message() const { return depth_ == 2 && is_chat_; }
  [[nodiscard]] bool at_content() const { return depth_ == 3 && is_chat_ && is_content_; }

  /// A value of another kind than its place demands, if it demands one.
  bool other(const std::string& what) {
    if (depth_ == 0) return refuse("it is " + what + ", not an object like {\"text\": \"...\"}");
    if (at_text()) return refuse("its \"text\" is " + what + ", not a string");
    if (at_messages()) return refuse("its messages are " + what + ", not an array");
    if (at_message()) return refuse("a message is " + what + ", not an object");
    return !at_content() || refuse("a \"content\" is " + what + ", not a string");
  }

  bool open(bool expected, const char* what) {
    if (!expected && !other(what)) return false;
    ++depth_;
    return true;
  }

  bool close() {
    --depth_;
    return true;
  }

  std::vector<std::string>& texts_;
  index_t depth_ = 0;
  bool is_text_ = false, is_chat_ = false, is_content_ = false;
  bool found_ = false;
};

}  // namespace detail

ZER0_INLINE std::string read_training_texts(std::string_view line, std::vector<std::string>& texts) {
  texts.clear();
  detail::training_text_events events(texts);
  const std::string problem = detail::read_json(line, events);
  if (!problem.empty()) return problem;
  return events.found() ? std::string() : "it has neither \"text\" nor \"conversations\" or \"messages\"";
}

ZER0_INLINE bool is_json_lines(const std::filesystem::path& path) {
  const std::string ending = path.extension().string();
  return ending == ".jsonl" || ending == ".ndjson" || ending == ".json";
}

}  // namespace zer0

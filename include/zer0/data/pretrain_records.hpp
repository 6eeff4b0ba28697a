// Texts to pretrain on: JSON Lines of {"text": "..."}.
#pragma once

#include <zer0/core/types.hpp>
#include <zer0/data/jsonl_records.hpp>
#include <zer0/io/json_sax.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace zer0 {

namespace detail {

/// Takes the string under "text" out of a JSON object, whatever else the object holds.
class text_events : public json_events {
 public:
  std::string text;

  bool null() { return other("null"); }
  bool boolean(bool) { return other("a boolean"); }
  bool number_integer(std::int64_t) { return other("a number"); }
  bool number_unsigned(std::uint64_t) { return other("a number"); }
  bool number_float(double, const string_t&) { return other("a number"); }

  bool string(string_t& value) {
    if (!here()) return depth_ > 0 || other("a string");
    text.swap(value);
    return true;
  }

  bool start_object(std::size_t) {
    if (here()) return other("an object");
    ++depth_;
    return true;
  }

  bool start_array(std::size_t) {
    if (depth_ == 0 || here()) return other("an array");
    ++depth_;
    return true;
  }

  bool end_object() { return close(); }
  bool end_array() { return close(); }

  bool key(string_t& name) {
    if (depth_ != 1) return true;
    at_text_ = name == "text";
    if (at_text_ && found_) return refuse("it has \"text\" twice");
    found_ = found_ || at_text_;
    return true;
  }

  [[nodiscard]] bool found() const { return found_; }

 private:
  /// Whether the coming value is that of "text".
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

/// The text of a record; returns what is wrong with the line, or nothing.
[[nodiscard]] inline std::string read_text(std::string_view line, std::string& out) {
  text_events events;
  events.text.swap(out);
  std::string problem = read_json(line, events);
  out.swap(events.text);
  if (!problem.empty()) return problem;
  if (!events.found()) return "it has no \"text\"";
  if (out.find_first_not_of(" \t\n\r\v\f") == std::string::npos) return "its \"text\" is empty";
  return {};
}

}  // namespace detail

/// A JSON Lines file whose every line is an object with the string "text"; other fields are ignored, however they nest.
/// Opening looks at every line, so that what is wrong shows now and not hours into the training: a line that is no JSON
/// object, has no "text", two of them, one that is not a string or is nothing but white space, invalid UTF-8, half a
/// surrogate pair. Memory: 8 bytes a record; the texts stay in the file. Reading is thread-safe. Throws: zer0::error
/// "FILE:LINE: what is wrong", or that there are no records.
class pretrain_records : public detail::jsonl_records<std::string, &detail::read_text> {
 public:
  using jsonl_records::jsonl_records;
};

}  // namespace zer0

// Reading JSON text as a stream of events, without building a document (nlohmann-json behind it).
#pragma once

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace zer0::detail {

/// Accepts every event. A handler derives from it, hides the events it cares about, and refuses the text by
/// `return refuse("...")`. The parser behind it keeps one bit a nesting level and does not recurse, so no depth
/// overflows the stack.
struct json_events {
  using string_t = nlohmann::json::string_t;

  std::string problem;  ///< why the text is refused; empty if it is not

  bool refuse(std::string why) {
    problem = std::move(why);
    return false;
  }

  bool null() { return true; }
  bool boolean(bool) { return true; }
  bool number_integer(std::int64_t) { return true; }
  bool number_unsigned(std::uint64_t) { return true; }
  bool number_float(double, const string_t&) { return true; }
  bool string(string_t&) { return true; }
  bool binary(nlohmann::json::binary_t&) { return true; }  // JSON text has none
  bool start_object(std::size_t) { return true; }
  bool key(string_t&) { return true; }
  bool end_object() { return true; }
  bool start_array(std::size_t) { return true; }
  bool end_array() { return true; }

  bool parse_error(std::size_t position, const std::string&, const nlohmann::json::exception& what) {
    // "[json.exception.parse_error.101] parse error at line 1, column 9: syntax error while parsing value - REASON;
    // last read: '...'": the reason is what a reader needs, and what was last read may be megabytes of anything.
    const std::string_view text = what.what();
    const std::size_t dash = text.find(" - ");
    const std::size_t bracket = text.find("] ");
    const std::size_t begin = dash != text.npos ? dash + 3 : bracket != text.npos ? bracket + 2 : 0;
    const std::size_t end = std::min(text.find("; last read", begin), begin + 120);
    return refuse("not valid JSON at byte " + std::to_string(position) + ": " +
                  std::string(text.substr(begin, end - begin)));
  }
};

/// Feeds one JSON value, and nothing but white space after it, to `handler`. Returns why it is refused, empty if it is
/// not.
template <class Handler>
[[nodiscard]] std::string read_json(std::string_view text, Handler& handler) {
  // The parser takes a NUL byte for the end of the text and would ignore whatever follows it.
  if (const void* nul = std::memchr(text.data(), '\0', text.size()); nul != nullptr && !text.empty())
    return "not valid JSON at byte " + std::to_string(static_cast<const char*>(nul) - text.data() + 1) +
           ": it holds a NUL byte";
  const bool good = nlohmann::json::sax_parse(text.data(), text.data() + text.size(), &handler);
  if (!good && handler.problem.empty()) return "not valid JSON";
  return good ? std::string() : handler.problem;
}

}  // namespace zer0::detail

// Reading JSON text as a stream of events, without building a document.
#pragma once

#include <zer0/core/detail/compiled.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace zer0::detail {

/// Accepts every event. A handler overrides those it cares about, and refuses the text by `return
/// refuse("...")`. The parser behind it keeps one bit a nesting level and does not recurse, so no
/// depth overflows the stack.
///
/// The functions are virtual so that the parser is compiled once, not once for each handler.
struct json_events {
  std::string problem;  ///< why the text is refused; empty if it is not

  bool refuse(std::string why) {
    problem = std::move(why);
    return false;
  }

  virtual bool null() { return true; }
  virtual bool boolean(bool) { return true; }
  virtual bool number_integer(std::int64_t) { return true; }
  virtual bool number_unsigned(std::uint64_t) { return true; }
  virtual bool number_float(double) { return true; }
  virtual bool string(std::string&) { return true; }
  virtual bool start_object() { return true; }
  virtual bool key(std::string&) { return true; }
  virtual bool end_object() { return true; }
  virtual bool start_array() { return true; }
  virtual bool end_array() { return true; }

  /// Malformed text: `position` counts bytes from 1, `what` is the parser's own message. Always
  /// refuses.
  virtual bool parse_error(std::size_t position, std::string_view what);

 protected:
  json_events() = default;
  json_events(const json_events&) = default;
  json_events& operator=(const json_events&) = default;
  ~json_events() = default;
};

/// Feeds one JSON value to `handler`; only white space may follow it in the text. Returns why the
/// text is refused; empty if it is accepted.
[[nodiscard]] std::string read_json(std::string_view text, json_events& handler);

}  // namespace zer0::detail

#ifndef ZER0_COMPILED
#include <zer0/file/detail/json_sax.ipp>
#endif

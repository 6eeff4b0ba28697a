// Bodies of zer0/file/detail/json_sax.hpp: nlohmann-json's parser.
#pragma once

#include <zer0/file/detail/json_sax.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>

namespace zer0::detail {

ZER0_INLINE bool json_events::parse_error(std::size_t position, std::string_view what) {
  // The message is "[json.exception.parse_error.101] parse error at line 1, column 9: syntax error
  // while parsing value - REASON; last read: '...'". Only REASON is kept, since what was last read
  // may be megabytes of anything.
  const std::size_t dash = what.find(" - ");
  const std::size_t bracket = what.find("] ");
  const std::size_t begin = dash != what.npos ? dash + 3 : bracket != what.npos ? bracket + 2 : 0;
  const std::size_t end = std::min(what.find("; last read", begin), begin + 120);
  return refuse("not valid JSON at byte " + std::to_string(position) + ": " +
                std::string(what.substr(begin, end - begin)));
}

/// What nlohmann's parser calls.
class sax_adapter {
 public:
  using number_integer_t = std::int64_t;
  using number_unsigned_t = std::uint64_t;
  using number_float_t = double;
  using string_t = std::string;
  using binary_t = nlohmann::json::binary_t;

  explicit sax_adapter(json_events& to) : to_(to) {}

  bool null() { return to_.null(); }
  bool boolean(bool v) { return to_.boolean(v); }
  bool number_integer(std::int64_t v) { return to_.number_integer(v); }
  bool number_unsigned(std::uint64_t v) { return to_.number_unsigned(v); }
  bool number_float(double v, const std::string&) { return to_.number_float(v); }
  bool string(std::string& v) { return to_.string(v); }
  bool binary(binary_t&) { return true; }  // JSON text has none
  bool start_object(std::size_t) { return to_.start_object(); }
  bool key(std::string& v) { return to_.key(v); }
  bool end_object() { return to_.end_object(); }
  bool start_array(std::size_t) { return to_.start_array(); }
  bool end_array() { return to_.end_array(); }
  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::json::exception& what) {
    return to_.parse_error(position, what.what());
  }

 private:
  json_events& to_;
};

ZER0_INLINE std::string read_json(std::string_view text, json_events& handler) {
  // The parser takes a NUL byte for the end of the text and would ignore whatever follows it.
  if (const std::size_t nul = text.find('\0'); nul != text.npos)
    return "not valid JSON at byte " + std::to_string(nul + 1) + ": it holds a NUL byte";
  sax_adapter adapter(handler);
  // json::sax_parse would also compile the readers of five binary formats, which takes a second.
  // These are its steps for JSON.
  using parser = nlohmann::detail::parser<nlohmann::json,
                                          nlohmann::detail::iterator_input_adapter<const char*>>;
  auto input = nlohmann::detail::input_adapter(text.data(), text.data() + text.size());
  const bool good = parser(std::move(input), nullptr, true).sax_parse(&adapter);
  if (!good && handler.problem.empty()) return "not valid JSON";
  return good ? std::string() : handler.problem;
}

}  // namespace zer0::detail

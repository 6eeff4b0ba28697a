// Bodies of zer0/data/pretrain_records.hpp.
#pragma once

#include <zer0/core/types.hpp>
#include <zer0/data/pretrain_records.hpp>
#include <zer0/io/detail/json_sax.hpp>

#include <cstdint>

namespace zer0::detail {

/// Takes the string under "text" out of a JSON object, whatever else the object holds.
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

ZER0_INLINE std::string read_text(std::string_view line, std::string& out) {
  text_events events;
  events.text.swap(out);
  std::string problem = read_json(line, events);
  out.swap(events.text);
  if (!problem.empty()) return problem;
  if (!events.found()) return "it has no \"text\"";
  if (out.find_first_not_of(" \t\n\r\v\f") == std::string::npos) return "its \"text\" is empty";
  return {};
}

#ifdef ZER0_COMPILED
template class jsonl_records<std::string, &read_text>;
#endif

}  // namespace zer0::detail

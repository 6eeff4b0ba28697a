// Pairs of answers, one preferred to the other, as JSON Lines.
#pragma once

#include <zer0/core/types.hpp>
#include <zer0/data/chat_record.hpp>
#include <zer0/data/jsonl_records.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace zer0 {

/// Two conversations that begin alike.
struct preference_record {
  chat_json chosen;           ///< [{"role", "content", ...}, ...]
  chat_json rejected;         ///< the same
  std::size_t prompt = 0;     ///< so many messages are equal on both sides: what is answered
  chat_json tools = nullptr;  ///< what the template is told of functions, if the record says it
};

namespace detail {

/// Whether a side has something to learn behind the prompt: why not, or nothing.
[[nodiscard]] inline std::string problem_of_side(const chat_json& messages, std::size_t prompt, const char* name) {
  bool any = false;
  for (std::size_t i = prompt; i < messages.size(); ++i) {
    if (messages[i]["role"].get_ref<const std::string&>() != "assistant") continue;
    any = true;
    if (says_something(messages[i])) return {};
  }
  return any ? "the assistant says nothing in \"" + std::string(name) + "\""
             : "its \"" + std::string(name) + "\" has no answer of the assistant";
}

/// The pair of a line; returns what is wrong with the line, or nothing.
[[nodiscard]] inline std::string read_preference(std::string_view line, preference_record& out) {
  chat_line_reader reader({"chosen", "rejected"}, "it has neither \"chosen\" nor \"rejected\"");
  if (std::string problem = reader.read(line); !problem.empty()) return problem;
  if (reader.found().size() < 2)
    return reader.found().front().name == "chosen" ? "it has no \"rejected\"" : "it has no \"chosen\"";
  for (chat_line_reader::entry& side : reader.found()) {
    if (std::string problem = problem_of_messages(side.value, side.name); !problem.empty())
      return problem.starts_with("its ") ? problem : "\"" + side.name + "\": " + problem;
    (side.name == "chosen" ? out.chosen : out.rejected) = std::move(side.value);
  }
  out.tools = std::move(reader.tools());
  const std::size_t both = std::min(out.chosen.size(), out.rejected.size());
  out.prompt = 0;
  while (out.prompt < both && out.chosen[out.prompt] == out.rejected[out.prompt]) ++out.prompt;
  if (out.prompt == both && out.chosen.size() == out.rejected.size()) return "\"chosen\" and \"rejected\" are the same";
  for (const chat_json* side : {&out.chosen, &out.rejected})
    if (out.prompt < both && (*side)[out.prompt]["role"] != "assistant")
      return "\"chosen\" and \"rejected\" have different prompts: they differ in message " +
             std::to_string(out.prompt + 1) + ", before the answer";
  std::string problem = problem_of_side(out.chosen, out.prompt, "chosen");
  return problem.empty() ? problem_of_side(out.rejected, out.prompt, "rejected") : problem;
}

}  // namespace detail

/// A JSON Lines file whose every line is {"chosen": [messages], "rejected": [messages]}, messages as in chat_records.
/// The messages with which both sides begin are the prompt; the first that differs is an answer of the assistant on
/// both sides, and what follows may hold further turns. "tools" is kept, other fields are ignored. Opening looks at
/// every line (docs/data.md lists what is refused). Memory: 8 bytes a record; reading is thread-safe. Throws:
/// zer0::error "FILE:LINE: what is wrong", or that there are no records.
class preference_records : public detail::jsonl_records<preference_record, &detail::read_preference> {
 public:
  using jsonl_records::jsonl_records;
};

}  // namespace zer0

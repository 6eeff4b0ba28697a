// Bodies of zer0/data/preference_records.hpp.
#pragma once

#include <zer0/data/detail/chat_record.ipp>
#include <zer0/data/preference_records.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace zer0::detail {

/// Whether a side has something to learn behind the prompt: why not, or nothing.
ZER0_INLINE std::string problem_of_side(const chat_json& messages, std::size_t prompt, const char* name) {
  bool any = false;
  for (std::size_t i = prompt; i < messages.size(); ++i) {
    if (!json_is(messages[i]["role"], "assistant")) continue;
    any = true;
    if (says_something(messages[i])) return {};
  }
  return any ? "the assistant says nothing in \"" + std::string(name) + "\""
             : "its \"" + std::string(name) + "\" has no answer of the assistant";
}

ZER0_INLINE std::string read_preference(std::string_view line, preference_record& out) {
  chat_line_reader reader({"chosen", "rejected"}, "it has neither \"chosen\" nor \"rejected\"");
  if (std::string problem = reader.read(line); !problem.empty()) return problem;
  if (reader.found().size() < 2)
    return reader.found().front().name == "chosen" ? "it has no \"rejected\"" : "it has no \"chosen\"";
  for (chat_line_reader::entry& side : reader.found()) {
    if (std::string problem = problem_of_messages(side.value, side.name); !problem.empty())
      return problem.starts_with("its ") ? problem : "\"" + side.name + "\": " + problem;
    (side.name == "chosen" ? *out.chosen : *out.rejected) = std::move(side.value);
  }
  *out.tools = std::move(reader.tools());
  const chat_json& chosen = *out.chosen;
  const chat_json& rejected = *out.rejected;
  const std::size_t both = std::min(chosen.size(), rejected.size());
  out.prompt = 0;
  while (out.prompt < both && chosen[out.prompt] == rejected[out.prompt]) ++out.prompt;
  if (out.prompt == both && chosen.size() == rejected.size()) return "\"chosen\" and \"rejected\" are the same";
  for (const chat_json* side : {&chosen, &rejected})
    if (out.prompt < both && !json_is((*side)[out.prompt]["role"], "assistant"))
      return "\"chosen\" and \"rejected\" have different prompts: they differ in message " +
             std::to_string(out.prompt + 1) + ", before the answer";
  std::string problem = problem_of_side(chosen, out.prompt, "chosen");
  return problem.empty() ? problem_of_side(rejected, out.prompt, "rejected") : problem;
}

#ifdef ZER0_COMPILED
template class jsonl_records<preference_record, &read_preference>;
#endif

}  // namespace zer0::detail

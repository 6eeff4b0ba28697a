// Bodies of zer0/data/chat_records.hpp.
#pragma once

#include <zer0/data/chat_records.hpp>
#include <zer0/data/detail/chat_record.ipp>

#include <nlohmann/json.hpp>

#include <utility>

namespace zer0::detail {

ZER0_INLINE std::string read_chat(std::string_view line, chat_record& out) {
  chat_line_reader reader({"conversations", "messages"}, "it has neither \"conversations\" nor \"messages\"");
  const std::string problem = reader.read(line);
  if (!problem.empty()) return problem;
  if (reader.found().size() > 1) return "it has \"conversations\" and \"messages\"; taking either would be a guess";
  *out.messages = std::move(reader.found().front().value);
  *out.tools = std::move(reader.tools());
  std::string wrong = problem_of_messages(*out.messages, reader.found().front().name);
  return wrong.empty() ? problem_of_answers(*out.messages) : wrong;
}

#ifdef ZER0_COMPILED
template class jsonl_records<chat_record, &read_chat>;
#endif

}  // namespace zer0::detail

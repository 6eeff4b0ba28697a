// Questions with the answers that they should get.
#include "eval/exam.hpp"

#include "support/terminal.hpp"
#include <zer0/data/encoders.hpp>
#include <zer0/data/records.hpp>

#include <nlohmann/json.hpp>

#include <string_view>
#include <utility>

namespace program {

namespace {

/// A line as it stands in the file.
struct exam_line {
  std::string prompt;              ///< if it is given as such
  zer0::chat_record conversation;  ///< otherwise: what comes before the answer
  std::string answer;

  [[nodiscard]] bool is_conversation() const { return !conversation.messages->is_null(); }
};

/// {"prompt": "...", "answer": "..."}; returns what is wrong with it, or nothing.
std::string read_prompt(const zer0::chat_json& line, exam_line& out) {
  for (const char* key : {"prompt", "answer"}) {
    if (!line.contains(key)) return std::string("it has no \"") + key + "\"";
    if (!line[key].is_string()) return std::string("its \"") + key + "\" is not a string";
  }
  out.prompt = line["prompt"].get<std::string>();
  out.answer = line["answer"].get<std::string>();
  return out.prompt.empty() ? "its \"prompt\" is empty" : "";
}

/// Returns what is wrong with the line, or nothing.
std::string read_line(std::string_view text, exam_line& out) {
  const zer0::chat_json line = zer0::chat_json::parse(text, nullptr, false);
  if (line.is_object() && (line.contains("prompt") || line.contains("answer")))
    return read_prompt(line, out);
  std::string problem = zer0::read_chat(text, out.conversation);
  if (!problem.empty()) return problem;
  zer0::chat_json& messages = *out.conversation.messages;
  const zer0::chat_json last = messages.back();
  const bool answers = last["role"] == "assistant" && !last.contains("tool_calls");
  if (answers) out.answer = last["content"].get<std::string>();
  if (out.answer.find_first_not_of(" \t\n\r\v\f") == std::string::npos)
    return "its last message is not an answer of the assistant";
  messages.erase(messages.size() - 1);
  return messages.empty() ? "nothing stands before its answer" : "";
}

std::vector<token_id> prompt_of(const exam_line& line, prompt_format& format) {
  if (!line.is_conversation()) return format.tokens(line.prompt);
  zer0::require(format.chats(), "it is a conversation; add --model_mode 1");
  zer0::chat_json messages = *line.conversation.messages;
  if (!format.system().empty() && messages.front()["role"] != "system")
    messages.insert(messages.begin(), {{"role", "system"}, {"content", format.system()}});
  return format.encoder().prompt(messages, *line.conversation.tools);
}

}  // namespace

std::vector<exam_question> open_exam(const std::filesystem::path& path, prompt_format& format,
                                     index_t context) {
  const zer0::jsonl_records<exam_line, &read_line> lines(path,
                                                         {.progress = show_percent("reading")});
  std::vector<exam_question> questions;
  for (index_t i = 0; i < lines.size(); ++i) {
    exam_line line;
    lines.read(i, line);
    try {
      std::vector<token_id> prompt = prompt_of(line, format);
      zer0::require(static_cast<index_t>(prompt.size()) < context, "it has ", prompt.size(),
                    " tokens, which leaves no room for an answer in a context of ", context);
      std::string asked = line.is_conversation()
                              ? line.conversation.messages->back().value("content", "")
                              : line.prompt;
      questions.push_back({std::move(asked), std::move(line.answer), std::move(prompt)});
    } catch (const zer0::error& e) {
      zer0::fail(lines.where(i), ": ", e.what());
    }
  }
  return questions;
}

}  // namespace program

// Questions with the answers that they should get, for `eval --accuracy`.
#pragma once

#include "eval/prompt_format.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace program {

struct exam_question {
  std::string asked;             ///< for people
  std::string answer;            ///< that is right
  std::vector<token_id> prompt;  ///< that it is to follow
};

/// A JSON Lines file of questions: {"prompt": "...", "answer": "..."}, or in a chat also a
/// conversation whose last message is the answer, {"conversations": [...]} or {"messages": [...]}.
/// Throws zer0::error "FILE:LINE: what is wrong" for anything else, and for a question that leaves
/// no room for an answer in `context` tokens. In eval/exam.cpp, so that no compiler of a device
/// sees what chat templates take.
std::vector<exam_question> open_exam(const std::filesystem::path& path, prompt_format& format,
                                     index_t context);

}  // namespace program

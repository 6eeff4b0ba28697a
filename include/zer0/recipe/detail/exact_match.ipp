// Bodies of zer0/recipe/exact_match.hpp.
#pragma once

#include <zer0/recipe/exact_match.hpp>

namespace zer0::detail {

ZER0_INLINE std::vector<std::vector<token_id>> encode_questions(
    const record_view<question_records>& questions, const prompt_encoder& encode, index_t context) {
  std::vector<std::vector<token_id>> prompts;
  question_record question;
  for (index_t i = 0; i < questions.size(); ++i) {
    questions.read(i, question);
    try {
      prompts.push_back(encode(question));
      const std::size_t size = prompts.back().size();
      require(static_cast<index_t>(size) < context, "it has ", size,
              " tokens, which leaves no room for an answer in a context of ", context);
    } catch (const error& e) {
      fail(questions.where(i), ": ", e.what());
    }
  }
  return prompts;
}

ZER0_INLINE bool same_answer(std::string_view a, std::string_view b) {
  constexpr std::string_view blank = " \t\r\n";
  for (std::string_view* text : {&a, &b}) {
    text->remove_prefix(std::min(text->find_first_not_of(blank), text->size()));
    text->remove_suffix(text->size() - text->find_last_not_of(blank) - 1);
  }
  return a == b;
}

}  // namespace zer0::detail

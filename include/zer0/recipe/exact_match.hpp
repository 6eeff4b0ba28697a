// How many questions a model answers exactly.
#pragma once

#include <zer0/core/detail/compiled.hpp>
#include <zer0/data/record_view.hpp>
#include <zer0/generate/conversation.hpp>

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace zer0 {

struct exact_match_options {
  index_t max_new_tokens = 128;               ///< the longest answer
  index_t batch_size = 32;                    ///< questions answered together
  std::function<bool()> goes_on = {};         ///< called after each new token; false ends it all
  std::function<void(double)> progress = {};  ///< gets the fraction that is answered
};

struct exact_match_report {
  struct miss {
    std::string asked, expected, answered;
  };
  index_t questions = 0;          ///< questions answered: all of them, unless `goes_on` ended it
  index_t right = 0;              ///< questions answered right
  std::vector<miss> misses = {};  ///< the questions that were not, in their order

  /// right / questions, 0 if there are none.
  [[nodiscard]] double accuracy() const {
    return questions > 0 ? static_cast<double>(right) / static_cast<double>(questions) : 0;
  }
};

namespace detail {

/// The tokens of all questions: an error in the file shows before the first one is answered.
std::vector<std::vector<token_id>> encode_questions(const record_view<question_records>& questions,
                                                    const prompt_encoder& encode, index_t context);

/// Whether two answers are equal, white space at their ends ignored.
bool same_answer(std::string_view a, std::string_view b);

}  // namespace detail

/// Lets a model answer questions, with the most likely token at each step, and compares its answers
/// with the right ones, white space at their ends ignored. Answers that `goes_on` cuts short do not
/// count.
/// Throws zer0::error naming file and line for a question that cannot be encoded, or that leaves no
/// room for an answer in the model's context. Memory: the tokens of all questions, and the cache of
/// those that are answered together.
///
///   const zer0::question_records questions("questions.jsonl");
///   const zer0::prompt_encoder encode(tok, zer0::chat_template::from_directory(tok.directory()));
///   std::cout << zer0::exact_match(llm, questions, encode).accuracy();
template <class Model>
exact_match_report exact_match(Model& model, const record_view<question_records>& questions,
                               const prompt_encoder& encode,
                               const exact_match_options& options = {}) {
  const auto prompts = detail::encode_questions(questions, encode, model.sizes().max_seq_len);
  exact_match_report report;
  bool goes_on = true;
  generate_options generation{.rules = {.temperature = 0},
                              .max_new_tokens = options.max_new_tokens};
  generation.goes_on = [&] { return goes_on = goes_on && (!options.goes_on || options.goes_on()); };
  question_record question;
  while (report.questions < questions.size()) {
    const auto begin = prompts.begin() + report.questions;
    const auto n = std::min(std::max<index_t>(options.batch_size, 1), prompts.end() - begin);
    const std::vector<std::vector<token_id>> some(begin, begin + n);
    const std::vector<std::string> texts = answers(model, encode, some, generation);
    if (!goes_on) break;  // these are cut short
    for (const std::string& text : texts) {
      questions.read(report.questions++, question);
      if (detail::same_answer(text, question.answer))
        ++report.right;
      else
        report.misses.push_back({question.asked, question.answer, text});
    }
    if (options.progress)
      options.progress(static_cast<double>(report.questions) /
                       static_cast<double>(questions.size()));
  }
  return report;
}

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/recipe/detail/exact_match.ipp>
#endif

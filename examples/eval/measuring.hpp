// What `eval` measures: perplexity of texts, exact answers to questions, preferences among answers.
#pragma once

#include "eval/exam.hpp"
#include "eval/preferences.hpp"
#include "eval/talking.hpp"
#include <zer0/recipe/perplexity.hpp>
#include <zer0/recipe/sequence_scorer.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace program {

/// A part of a hundred with one digit: "94.2 % (471 of 500 questions)".
inline std::string percent_text(index_t part, index_t whole, const char* what) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f",
                100 * static_cast<double>(part) / static_cast<double>(whole));
  return std::string(text) + " % (" + with_commas(part) + " of " + with_commas(whole) + " " + what +
         ")";
}

/// "perplexity 12.3 (loss 2.51 over 31,234 tokens of 400 texts)"
template <class Model>
void measure_perplexity(Model& model, const zer0::tokenizer& tok, const eval_options& o) {
  const zer0::pretrain_records texts(o.ppl, {.progress = show_percent("reading")});
  const auto show = show_percent("predicting");
  const auto tell = [&](double fraction) {
    if (show) show(fraction);
    return zer0::stop_on_signals::received() == 0;
  };
  const auto r = zer0::perplexity(model, texts, zer0::document_encoder(tok), {.progress = tell});
  clear_line();
  char numbers[96];
  std::snprintf(numbers, sizeof numbers, "perplexity %.6g (loss %.6g", r.perplexity(), r.loss());
  std::cout << numbers << " over " << with_commas(r.tokens) << " tokens of " << with_commas(r.texts)
            << " texts)" << (r.texts < texts.size() ? ", stopped early" : "") << std::endl;
}

inline std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

/// "exact match 94.2 % (471 of 500 questions)" and the first that are not, white space around
/// answers not counted.
template <class Model>
void measure_accuracy(Model& model, const zer0::tokenizer& tok, prompt_format& format,
                      const eval_options& o) {
  constexpr std::size_t side_by_side = 32, shown_misses = 5;
  const std::vector<exam_question> questions =
      open_exam(o.accuracy, format, model.sizes().max_seq_len);
  eval_options greedy = o;
  greedy.rules = {.temperature = 0};
  talker talk(model, tok, format, greedy);
  const auto show = show_percent("answering");
  std::string misses;
  std::size_t done = 0, right = 0;
  while (done < questions.size() && zer0::stop_on_signals::received() == 0) {
    const std::span some =
        std::span(questions).subspan(done, std::min(side_by_side, questions.size() - done));
    std::vector<std::vector<token_id>> prompts;
    for (const exam_question& q : some) prompts.push_back(q.prompt);
    const std::vector<std::string> answers = talk.all(prompts);
    if (zer0::stop_on_signals::received() != 0) break;  // these are cut short
    for (std::size_t i = 0; i < some.size(); ++i, ++done) {
      if (trimmed(answers[i]) == trimmed(some[i].answer))
        ++right;
      else if (done - right < shown_misses)
        misses += "  " + some[i].asked + "\n    expected  " + some[i].answer + "\n    answered  " +
                  answers[i] + "\n";
    }
    if (show) show(static_cast<double>(done) / static_cast<double>(questions.size()));
  }
  clear_line();
  if (done == 0) return;
  std::cout << "exact match "
            << percent_text(static_cast<index_t>(right), static_cast<index_t>(done), "questions")
            << (done < questions.size() ? ", stopped early" : "") << '\n';
  if (!misses.empty()) std::cout << "the first that are not:\n" << misses;
  std::cout << std::flush;
}

/// "preference accuracy 98.5 % (197 of 200 pairs), mean margin 12.3": of how many pairs the chosen
/// answer is more likely than the rejected one, and the mean of log p(chosen) - log p(rejected),
/// sums over the answers' tokens.
template <class Model>
void measure_preferences(Model& model, const prompt_format& format, const eval_options& o) {
  const answer_pairs file = open_pairs(o.preferences, format, model.sizes().max_seq_len);
  zer0::sequence_scorer<Model> score(model);
  const auto show = show_percent("comparing");
  index_t done = 0, right = 0;
  double margins = 0;
  for (const answer_pair& pair : file.pairs) {
    if (zer0::stop_on_signals::received() != 0) break;
    const double margin = score(pair.chosen).front() - score(pair.rejected).front();
    margins += margin;
    if (margin > 0) ++right;
    ++done;
    if (show) show(static_cast<double>(done) / static_cast<double>(file.pairs.size()));
  }
  clear_line();
  if (file.too_long > 0)
    std::cerr << "note: " << file.too_long << " of " << o.preferences
              << "'s pairs are longer than the context of " << model.sizes().max_seq_len
              << " tokens, and are left out\n";
  zer0::require(!file.pairs.empty(), o.preferences, " has no pair that fits into the context of ",
                model.sizes().max_seq_len);
  if (done == 0) return;
  std::cout << "preference accuracy " << percent_text(right, done, "pairs") << ", mean margin "
            << std::round(margins / static_cast<double>(done) * 100) / 100
            << (static_cast<std::size_t>(done) < file.pairs.size() ? ", stopped early" : "")
            << std::endl;
}

}  // namespace program

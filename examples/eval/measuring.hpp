// What `eval` measures: perplexity of texts, exact answers to questions, preferences among answers.
#pragma once

#include "eval/options.hpp"
#include "support/terminal.hpp"
#include <zer0/recipe/exact_match.hpp>
#include <zer0/recipe/hook/stop_on_signals.hpp>
#include <zer0/recipe/perplexity.hpp>
#include <zer0/recipe/preference_accuracy.hpp>

#include <cmath>
#include <cstdio>
#include <iostream>
#include <string>

namespace program {

inline bool not_stopped() { return zer0::stop_on_signals::received() == 0; }

/// Shows a fraction as show_percent does, and ends a measure at Ctrl-C.
inline std::function<bool(double)> show_and_ask(const char* what) {
  return [show = show_percent(what)](double fraction) {
    if (show) show(fraction);
    return not_stopped();
  };
}

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
  const auto r = zer0::perplexity(model, texts, zer0::document_encoder(tok),
                                  {.progress = show_and_ask("predicting")});
  clear_line();
  char numbers[96];
  std::snprintf(numbers, sizeof numbers, "perplexity %.6g (loss %.6g", r.perplexity(), r.loss());
  std::cout << numbers << " over " << with_commas(r.tokens) << " tokens of " << with_commas(r.texts)
            << " texts)" << (r.texts < texts.size() ? ", stopped early" : "") << std::endl;
}

/// "exact match 94.2 % (471 of 500 questions)" and the first that are not.
template <class Model>
void measure_accuracy(Model& model, const zer0::prompt_encoder& encode, const eval_options& o) {
  const zer0::question_records questions(o.accuracy, {.progress = show_percent("reading")});
  zer0::question_record q;
  for (index_t i = 0; i < questions.size() && !encode.chats(); ++i) {
    questions.read(i, q);
    zer0::require(!q.is_conversation(), questions.where(i),
                  ": it is a conversation; add --model_mode 1");
  }
  const zer0::exact_match_report r = zer0::exact_match(model, questions, encode,
                                                       {.max_new_tokens = o.max_new_tokens,
                                                        .goes_on = not_stopped,
                                                        .progress = show_percent("answering")});
  clear_line();
  if (r.questions == 0) return;
  std::cout << "exact match " << percent_text(r.right, r.questions, "questions")
            << (r.questions < questions.size() ? ", stopped early" : "") << '\n';
  constexpr std::size_t shown = 5;
  if (!r.misses.empty()) std::cout << "the first that are not:\n";
  for (std::size_t i = 0; i < std::min(shown, r.misses.size()); ++i)
    std::cout << "  " << r.misses[i].asked << "\n    expected  " << r.misses[i].expected
              << "\n    answered  " << r.misses[i].answered << '\n';
  std::cout << std::flush;
}

/// "preference accuracy 98.5 % (197 of 200 pairs), mean margin 12.3"
template <class Model>
void measure_preferences(Model& model, const zer0::prompt_encoder& encode, const eval_options& o) {
  const zer0::preference_records pairs(o.preferences, {.progress = show_percent("reading")});
  const zer0::preference_report r =
      zer0::preference_accuracy(model, pairs, encode.encoder(), show_and_ask("comparing"));
  clear_line();
  if (r.too_long > 0)
    std::cerr << "note: " << r.too_long << " of " << o.preferences
              << "'s pairs are longer than the context of " << model.sizes().max_seq_len
              << " tokens, and are left out\n";
  zer0::require(r.fitting > 0, o.preferences, " has no pair that fits into the context of ",
                model.sizes().max_seq_len);
  if (r.pairs == 0) return;
  std::cout << "preference accuracy " << percent_text(r.right, r.pairs, "pairs") << ", mean margin "
            << std::round(r.margin() * 100) / 100 << (r.pairs < r.fitting ? ", stopped early" : "")
            << std::endl;
}

}  // namespace program

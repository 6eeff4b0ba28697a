// How `eval` lets a model talk: prompt after prompt as it comes, or all prompts side by side.
#pragma once

#include "eval/prompt_format.hpp"
#include "support/terminal.hpp"
#include <zer0/generate/generate.hpp>
#include <zer0/recipe/hook/stop_on_signals.hpp>

#include <chrono>
#include <functional>
#include <iostream>
#include <string>
#include <vector>

namespace program {

/// What was generated, and how long it took.
struct speed {
  index_t tokens = 0;
  double seconds = 0;
};

template <class Model>
class talker {
 public:
  talker(Model& model, const zer0::tokenizer& tok, prompt_format& format, const eval_options& o)
      : model_(model), tok_(tok), format_(format) {
    options_ = {.rules = o.rules, .max_new_tokens = o.max_new_tokens, .stop_token = format.end()};
  }

  /// Prints what follows a prompt, as it comes, behind `shown`.
  void stream(const std::string& prompt, const std::string& shown) {
    zer0::stream_decoder decoder(tok_);
    std::string answer;
    const auto show = [&](const std::string& piece) {
      answer += piece;
      std::cout << piece << std::flush;
    };
    const auto ids = format_.tokens(prompt);
    std::cout << shown << std::flush;
    generate({ids}, [&](index_t, token_id token) {
      show(decoder.push(token));
      return zer0::stop_on_signals::received() == 0 && token != tok_.eos();
    });
    show(decoder.flush());
    std::cout << "\n" << std::endl;
    format_.remember(prompt, answer);
  }

  /// What follows the prompts, all of them at once.
  std::vector<std::string> all(const std::vector<std::vector<token_id>>& prompts) {
    std::vector<std::string> texts;
    const auto goes_on = [&](index_t, token_id token) {
      return zer0::stop_on_signals::received() == 0 && token != tok_.eos();
    };
    for (const auto& ids : generate(prompts, goes_on)) texts.push_back(tok_.decode(ids, true));
    return texts;
  }

  [[nodiscard]] const speed& total() const { return total_; }

 private:
  std::vector<std::vector<token_id>> generate(
      const std::vector<std::vector<token_id>>& prompts,
      const std::function<bool(index_t, token_id)>& on_token) {
    const auto start = std::chrono::steady_clock::now();
    auto results = zer0::generate_tokens(model_, prompts, options_, on_token);
    total_.seconds +=
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    for (const auto& ids : results) total_.tokens += static_cast<index_t>(ids.size());
    return results;
  }

  Model& model_;
  const zer0::tokenizer& tok_;
  prompt_format& format_;
  zer0::generate_options options_;
  speed total_;
};

/// What to say if nothing is given: beginnings or questions that the corpus of the examples knows.
inline std::vector<std::string> own_prompts(bool chats) {
  if (chats)
    return {"What do a cow and a duck say?", "我叫小明。我饿了。我能吃一个苹果吗？",
            "Where do a bee and a lion live?"};
  return {"Once upon a time", "One morning", "The sun", "从前，", "有一天，", "太阳"};
}

/// What stands before a prompt's continuation: the text that it goes on with, or the question in a
/// line of its own.
inline std::string shown(const std::string& prompt, bool chats) {
  return chats ? "> " + prompt + "\n" : prompt;
}

/// Asks for prompts until an empty line or the end of the input. Ctrl-C ends an answer; at the
/// question, the program.
template <class Model>
void converse(talker<Model>& talk, bool chats) {
  const bool asks = is_terminal(stdin);
  if (asks) std::cout << (chats ? "Ask" : "A text to go on with") << "; an empty line ends.\n\n";
  for (std::string line;;) {
    if (asks) std::cout << "> " << std::flush;
    if (!std::getline(std::cin, line) || line.empty() || zer0::stop_on_signals::received() != 0)
      break;
    try {
      talk.stream(line, chats ? "" : line);
    } catch (const zer0::error& e) {
      std::cout << std::flush;
      std::cerr << e.what() << "\n\n";
    }
    if (zer0::stop_on_signals::received() == SIGINT) zer0::stop_on_signals::forget();
  }
}

/// All prompts side by side.
template <class Model>
void talk_at_once(talker<Model>& talk, prompt_format& format,
                  const std::vector<std::string>& prompts) {
  std::vector<std::vector<token_id>> ids;
  for (const std::string& prompt : prompts) ids.push_back(format.tokens(prompt));
  const std::vector<std::string> texts = talk.all(ids);
  for (std::size_t i = 0; i < prompts.size(); ++i)
    std::cout << shown(prompts[i], format.chats()) << texts[i] << "\n" << std::endl;
}

}  // namespace program

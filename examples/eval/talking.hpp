// How `eval` lets a model talk: prompt after prompt as it comes, or all prompts side by side.
#pragma once

#include "eval/options.hpp"
#include "support/terminal.hpp"
#include <zer0/generate/conversation.hpp>
#include <zer0/recipe/hook/stop_on_signals.hpp>

#include <chrono>
#include <cmath>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

namespace program {

/// What to say if nothing is given: beginnings or questions that the corpus of the examples knows.
inline std::vector<std::string> own_prompts(bool chats) {
  if (chats)
    return {"What do a cow and a duck say?", "我叫小明。我饿了。我能吃一个苹果吗？",
            "Where do a bee and a lion live?"};
  return {"Once upon a time", "One morning", "The sun", "从前，", "有一天，", "太阳"};
}

template <class Model>
class talker {
 public:
  talker(Model& model, const zer0::prompt_encoder& encode, const eval_options& o)
      : model_(model), chat_(encode, o.history_cnt), o_(o) {
    options_.rules = o.rules;
    options_.max_new_tokens = o.max_new_tokens;
    options_.goes_on = [this] {
      ++tokens_;
      return zer0::stop_on_signals::received() == 0;
    };
  }
  talker(const talker&) = delete;
  talker& operator=(const talker&) = delete;

  void run() {
    const auto prompts = o_.prompts.empty() ? own_prompts(o_.chats()) : o_.prompts;
    if (o_.interactive) {
      converse();
    } else if (o_.stream) {
      for (const std::string& prompt : prompts)
        if (zer0::stop_on_signals::received() == 0) answer(prompt, shown(prompt));
    } else {
      answer_at_once(prompts);
    }
    if (tokens_ > 0)
      std::cerr << with_commas(tokens_) << " tokens in " << std::round(seconds_ * 100) / 100
                << " s: " << with_commas(std::llround(static_cast<double>(tokens_) / seconds_))
                << " tokens/s\n";
  }

 private:
  /// What stands before a prompt's continuation: the text that it goes on with, or the question in
  /// a line of its own.
  [[nodiscard]] std::string shown(const std::string& prompt) const {
    return o_.chats() ? "> " + prompt + "\n" : prompt;
  }

  /// What `generate()` gives, and the seconds that it takes.
  template <class F>
  auto timed(F generate) {
    const auto start = std::chrono::steady_clock::now();
    auto result = generate();
    seconds_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return result;
  }

  /// Prints what follows a prompt, as it comes, behind `before`.
  void answer(const std::string& prompt, const std::string& before) {
    const auto ids = chat_.ask(prompt, model_.sizes().max_seq_len - o_.max_new_tokens);
    std::cout << before << std::flush;
    const std::string text = timed([&] {
      return zer0::answer(model_, chat_.encode(), ids, options_,
                          [](std::string_view piece) { std::cout << piece << std::flush; });
    });
    std::cout << "\n" << std::endl;
    chat_.remember(prompt, text);
  }

  void answer_at_once(const std::vector<std::string>& prompts) {
    std::vector<std::vector<zer0::token_id>> ids;
    for (const std::string& prompt : prompts) ids.push_back(chat_.encode()(prompt));
    const auto texts = timed([&] { return zer0::answers(model_, chat_.encode(), ids, options_); });
    for (std::size_t i = 0; i < prompts.size(); ++i)
      std::cout << shown(prompts[i]) << texts[i] << "\n" << std::endl;
  }

  /// Asks for prompts until an empty line or the end of the input. Ctrl-C ends an answer; at the
  /// question, the program.
  void converse() {
    const bool asks = is_terminal(stdin);
    if (asks)
      std::cout << (o_.chats() ? "Ask" : "A text to go on with") << "; an empty line ends.\n\n";
    for (std::string line;;) {
      if (asks) std::cout << "> " << std::flush;
      if (!std::getline(std::cin, line) || line.empty() || zer0::stop_on_signals::received() != 0)
        break;
      try {
        answer(line, o_.chats() ? "" : line);
      } catch (const zer0::error& e) {
        std::cout << std::flush;
        std::cerr << e.what() << "\n\n";
      }
      if (zer0::stop_on_signals::received() == SIGINT) zer0::stop_on_signals::forget();
    }
  }

  Model& model_;
  zer0::conversation chat_;
  const eval_options& o_;
  zer0::generate_options options_;
  index_t tokens_ = 0;
  double seconds_ = 0;
};

}  // namespace program

// What `eval` does with a model on one device.
#pragma once

#include "device_table.hpp"
#include "eval_setup.hpp"
#include "signals.hpp"
#include "terminal.hpp"
#include <zer0/attention/gqa.hpp>
#include <zer0/generate/generate.hpp>

#include <chrono>
#include <cmath>
#include <functional>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

namespace program {

using zer0::token_id;

/// What was generated, and how long it took.
struct speed {
  index_t tokens = 0;
  double seconds = 0;
};

template <class Model>
class talker {
 public:
  talker(Model& model, const zer0::tokenizer& tok, const eval_options& o) : model_(model), tok_(tok) {
    options_ = {.rules = o.rules, .max_new_tokens = o.max_new_tokens, .stop_token = tok.eos()};
  }

  /// Prints a prompt and what follows, as it comes.
  void stream(const std::string& prompt) {
    zer0::stream_decoder decoder(tok_);
    const auto ids = ids_of(prompt);
    std::cout << prompt << std::flush;
    generate({ids}, [&](index_t, token_id token) {
      std::cout << decoder.push(token) << std::flush;
      return stop_signal == 0;
    });
    std::cout << decoder.flush() << "\n" << std::endl;
  }

  /// Continues all prompts side by side, then prints them.
  void all(const std::vector<std::string>& prompts) {
    std::vector<std::vector<token_id>> ids;
    for (const std::string& prompt : prompts) ids.push_back(ids_of(prompt));
    const auto results = generate(ids, [](index_t, token_id) { return stop_signal == 0; });
    for (std::size_t i = 0; i < prompts.size(); ++i)
      std::cout << prompts[i] << tok_.decode(results[i], true) << "\n" << std::endl;
  }

  [[nodiscard]] const speed& total() const { return total_; }

 private:
  std::vector<token_id> ids_of(const std::string& prompt) const {
    std::vector<token_id> ids;
    if (tok_.bos()) ids.push_back(*tok_.bos());
    tok_.encode(prompt, ids);
    return ids;
  }

  std::vector<std::vector<token_id>> generate(const std::vector<std::vector<token_id>>& prompts,
                                              const std::function<bool(index_t, token_id)>& on_token) {
    const auto start = std::chrono::steady_clock::now();
    auto results = zer0::generate_tokens(model_, prompts, options_, on_token);
    total_.seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    for (const auto& ids : results) total_.tokens += static_cast<index_t>(ids.size());
    return results;
  }

  Model& model_;
  const zer0::tokenizer& tok_;
  zer0::generate_options options_;
  speed total_;
};

/// What to go on with if nothing is given: beginnings that the corpus of the examples knows.
inline std::vector<std::string> own_prompts() {
  return {"Once upon a time", "One morning", "The sun", "从前，", "有一天，", "太阳"};
}

/// Asks for prompts until an empty line or the end of the input. Ctrl-C ends an answer; at the question, the program.
template <class Model>
void converse(talker<Model>& talk) {
  const bool asks = is_terminal(stdin);
  if (asks) std::cout << "A text to go on with; an empty line ends.\n\n";
  for (std::string line;;) {
    if (asks) std::cout << "> " << std::flush;
    if (!std::getline(std::cin, line) || line.empty() || stop_signal != 0) break;
    try {
      talk.stream(line);
    } catch (const zer0::error& e) {
      std::cout << std::flush;
      std::cerr << e.what() << "\n\n";
    }
    if (stop_signal == SIGINT) stop_signal = 0;
  }
}

template <class Line, class Decoder, class Device>
int eval_variant(const eval_setup& s, Device device) {
  const fs::path tokenizer_source = s.o.tokenizer_path == "none" ? s.checkpoint : fs::path(s.o.tokenizer_path);
  const zer0::tokenizer tok(tokenizer_source);
  demand(tok.size() <= s.config.sizes.vocab_size, "the tokenizer ", tok.source().string(), " has ", tok.size(),
         " tokens, but the model in ", s.checkpoint.string(), " a vocabulary of ", s.config.sizes.vocab_size,
         "; give the model's own by --tokenizer_path");
  zer0::model<Decoder, Device> llm(s.config.sizes, std::move(device));
  zer0::load_weights(llm, s.checkpoint);
  const zer0::dims& d = llm.sizes();
  std::cerr << s.checkpoint.string() << ": " << with_commas(llm.parameters().elements()) << " parameters, dim " << d.dim
            << ", " << d.n_layers << " layers, context " << d.max_seq_len << "\n\n";

  talker talk(llm, tok, s.o);
  const std::vector<std::string> prompts = s.o.prompts.empty() ? own_prompts() : s.o.prompts;
  if (s.o.interactive) {
    converse(talk);
  } else if (s.o.stream) {
    for (const std::string& prompt : prompts)
      if (stop_signal == 0) talk.stream(prompt);
  } else {
    talk.all(prompts);
  }
  const auto [tokens, seconds] = talk.total();
  if (tokens > 0)
    std::cerr << with_commas(tokens) << " tokens in " << std::round(seconds * 100) / 100
              << " s: " << with_commas(std::llround(static_cast<double>(tokens) / seconds)) << " tokens/s\n";
  return stop_signal == 0 ? 0 : 128 + stop_signal;
}

/// Lets the model of `s` talk on the device of a line of the table; the exit code of the program.
template <class Line>
int eval_on(const eval_setup& s) {
  using zer0::decoder, zer0::flash, zer0::gqa, zer0::rope, zer0::tied_head, zer0::untied_head;
  auto device = device_access<Line>::open(s.place.index);
  return s.config.tied ? eval_variant<Line, decoder<gqa<rope, flash>, tied_head>>(s, std::move(device))
                       : eval_variant<Line, decoder<gqa<rope, flash>, untied_head>>(s, std::move(device));
}

}  // namespace program

// What `eval` does with a model on one device.
#pragma once

#include "eval/measuring.hpp"
#include "eval/setup.hpp"
#include "eval/talking.hpp"
#include "support/device_table.hpp"
#include "support/variants.hpp"

#include <cmath>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

namespace program {

template <class Model>
void measure(Model& model, const zer0::tokenizer& tok, prompt_format& format,
             const eval_options& o) {
  if (o.ppl != "none") measure_perplexity(model, tok, o);
  if (o.accuracy != "none" && zer0::stop_on_signals::received() == 0)
    measure_accuracy(model, tok, format, o);
  if (o.preferences != "none" && zer0::stop_on_signals::received() == 0)
    measure_preferences(model, format, o);
}

template <class Model>
void talk(Model& model, const zer0::tokenizer& tok, prompt_format& format, const eval_options& o) {
  talker talk(model, tok, format, o);
  const std::vector<std::string> prompts = o.prompts.empty() ? own_prompts(o.chats()) : o.prompts;
  if (o.interactive) {
    converse(talk, o.chats());
  } else if (o.stream) {
    for (const std::string& prompt : prompts)
      if (zer0::stop_on_signals::received() == 0) talk.stream(prompt, shown(prompt, o.chats()));
  } else {
    talk_at_once(talk, format, prompts);
  }
  const auto [tokens, seconds] = talk.total();
  if (tokens > 0)
    std::cerr << with_commas(tokens) << " tokens in " << std::round(seconds * 100) / 100
              << " s: " << with_commas(std::llround(static_cast<double>(tokens) / seconds))
              << " tokens/s\n";
}

template <class Line, class Variant, class Device>
int eval_variant(const eval_setup& s, Device device) {
  const fs::path tokenizer_source =
      s.o.tokenizer_path == "none" ? s.checkpoint : fs::path(s.o.tokenizer_path);
  const zer0::tokenizer tok(tokenizer_source);
  demand(tok.size() <= s.config.sizes.vocab_size, "the tokenizer ", tok.source().string(), " has ",
         tok.size(), " tokens, but the model in ", s.checkpoint.string(), " a vocabulary of ",
         s.config.sizes.vocab_size, "; give the model's own by --tokenizer_path");
  zer0::model<Variant, Device> llm(s.config.sizes, std::move(device));
  zer0::load_weights(llm, s.checkpoint);
  if (s.o.lora_path != "none") zer0::load_adapter(llm, s.o.lora_path);
  const zer0::dims& d = llm.sizes();
  std::cerr << s.checkpoint.string() << ": " << with_commas(llm.parameters().elements())
            << " parameters, dim " << d.dim << ", " << d.n_layers << " layers, context "
            << d.max_seq_len << "\n\n";
  prompt_format format(tok, s.o, d.max_seq_len);
  if (s.o.measures())
    measure(llm, tok, format, s.o);
  else
    talk(llm, tok, format, s.o);
  return zer0::stop_on_signals::received() == 0 ? 0 : 128 + zer0::stop_on_signals::received();
}

/// Evaluates the model of `s` on the device of a line of the table; the exit code of the program.
template <class Line>
int eval_on(const eval_setup& s) {
  auto device = device_access<Line>::open(s.place.index);
  int result = 0;
  const auto run = [&]<class Variant>(const Variant&) {
    if constexpr (Variant::choice.flash && !Variant::choice.recompute)  // others compute the same
      result = eval_variant<Line, typename Variant::decoder>(s, std::move(device));
  };
  with_variant({.flash = true, .tied = s.config.tied, .experts = experts_in(s.checkpoint)}, run);
  return result;
}

}  // namespace program

// What `eval` does with a model on one device.
#pragma once

#include "eval/measuring.hpp"
#include "eval/setup.hpp"
#include "eval/talking.hpp"
#include "support/device_table.hpp"
#include "support/variants.hpp"

#include <iostream>
#include <utility>

namespace program {

template <class Model>
void measure(Model& model, const zer0::tokenizer& tok, const zer0::prompt_encoder& encode,
             const eval_options& o) {
  if (o.ppl != "none") measure_perplexity(model, tok, o);
  if (o.accuracy != "none" && not_stopped()) measure_accuracy(model, encode, o);
  if (o.preferences != "none" && not_stopped()) measure_preferences(model, encode, o);
}

inline zer0::prompt_encoder chosen_prompts(const zer0::tokenizer& tok, const eval_options& o) {
  if (!o.chats()) return zer0::prompt_encoder(tok);
  return {tok, zer0::chat_template::from_directory(tok.directory()), o.system};
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
  const zer0::prompt_encoder encode = chosen_prompts(tok, s.o);
  if (s.o.measures())
    measure(llm, tok, encode, s.o);
  else
    talker(llm, encode, s.o).run();
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

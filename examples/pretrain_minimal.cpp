// Pretrains a small model on stories and facts in two languages, then lets it go on from a few
// words. If it is killed or stopped by Ctrl-C, start it again: it goes on where it stopped. First
// run `corpus --out data` from the root of the repository.
#include <zer0/zer0.hpp>

#include <iostream>

using my_llm = zer0::decoder<zer0::gqa<zer0::rope, zer0::flash>, zer0::swiglu, zer0::rms_norm>;

int main(int argc, char** argv) try {
  const zer0::tokenizer tok(argc > 1 ? argv[1] : "examples/tokenizer");
  const zer0::pretrain_records texts(argc > 2 ? argv[2] : "data/pretrain.jsonl");
  zer0::pretrain_data data(texts, tok, {.batch_size = 16, .seq = 256, .packed = true});

  const zer0::dims sizes{
      .dim = 128, .n_layers = 4, .n_heads = 4, .vocab_size = tok.size(), .max_seq_len = 256};
  zer0::model<my_llm, zer0::cpu> llm(sizes);
  llm.initialize(42);

  const zer0::pretrain recipe{.accumulation_steps = 1, .learning_rate = 3e-3, .warmup_iters = 50};
  const auto report = recipe(llm, data, zer0::run_folder("out/minimal", tok.files()),
                             zer0::stop_on_signals(), zer0::progress());
  std::cout << "loss " << report.loss << ", " << report.tokens_per_second << " tokens/s\n";

  for (const char* start : {"Once upon a time", "The sun", "从前"})
    std::cout << start << zer0::generate(llm, tok, start) << '\n';
} catch (const zer0::error& e) {
  std::cerr << e.what() << '\n';
  return 1;
}

// A short training, every loss of it to the last bit, and what the model then says: built with
// zer0::zer0 and with zer0::compiled it must print the same. Arguments: a tokenizer, texts.
#include <zer0/zer0.hpp>

#include <cstdio>
#include <string>

using my_llm = zer0::decoder<zer0::gqa<zer0::rope, zer0::flash>, zer0::swiglu, zer0::rms_norm>;

int main(int, char** argv) try {
  const zer0::tokenizer tok(argv[1]);
  const zer0::pretrain_records texts(argv[2]);
  zer0::pretrain_data data(texts, tok, {.batch_size = 4, .seq = 32, .packed = true});
  const zer0::dims sizes{
      .dim = 32, .n_layers = 2, .n_heads = 4, .vocab_size = tok.size(), .max_seq_len = 64};
  zer0::model<my_llm, zer0::cpu> llm(sizes);
  llm.initialize(42);
  const auto print = [](const auto&, const zer0::step_report& step) {
    std::printf("%d %a %a\n", static_cast<int>(step.step), step.loss, step.gradient_norm);
  };
  zer0::pretrain{.epochs = 3, .accumulation_steps = 2, .learning_rate = 3e-3}(llm, data, print);
  std::puts(zer0::generate(llm, tok, "the cat").c_str());
} catch (const zer0::error& e) {
  std::puts(e.what());
  return 1;
}

#include "support/catch.hpp"
#include "support/devices.hpp"
#include "text/tokenizer_data.hpp"
#include <zer0/attention/gqa.hpp>
#include <zer0/data/batches.hpp>
#include <zer0/device/cpu.hpp>
#include <zer0/model/model.hpp>
#include <zer0/recipe/pretrain.hpp>

#include <nlohmann/json.hpp>

#include <cmath>
#include <string>
#include <vector>

using namespace zer0;

namespace {

const tokenizer& tok() {
  static const tokenizer t(support::small_tokenizer_file());
  return t;
}

conversation_encoder encoder() {
  return {
      tok(),
      chat_template(
          "{% for m in messages %}{{ '<|im_start|>' + m.role + '\\n' + m.content + '<|im_end|>\\n' "
          "}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}",
          {{"eos_token", "<|im_end|>"}})};
}

/// Questions with a number, answers that repeat a word so often.
std::string conversations() {
  std::string text;
  for (int i = 0; i < 12; ++i) {
    std::string answer = "ship";
    for (int k = i % 6; k > 0; --k) answer += " ship";
    text += chat_json{{"messages",
                       {{{"role", "user"}, {"content", std::to_string(i % 6)}},
                        {{"role", "assistant"}, {"content", answer}}}}}
                .dump() +
            "\n";
  }
  return text;
}

dims sizes_of(index_t seq) {
  return {.dim = 16,
          .n_layers = 2,
          .n_heads = 2,
          .n_kv_heads = 1,
          .vocab_size = tok().size(),
          .max_seq_len = seq,
          .multiple_of = 8,
          .dropout = 0};
}

struct measured {
  double loss = 0;
  std::vector<float> gradients;
};

/// Loss and gradients of all samples, padded or packed, over as many batches as there are.
template <class Kernel>
measured measure(const chat_records& records, bool packed, index_t batch_size) {
  constexpr index_t seq = 64;
  model<decoder<gqa<rope, Kernel>>, cpu> llm(sizes_of(seq));
  llm.initialize(4);
  trainer t(llm, trainer_options{});
  sft_data data(records, encoder(), {.batch_size = batch_size, .seq = seq, .packed = packed});
  measured m{validate(t, data).mean(), {}};
  data.seek(0, 0);
  for (token_batch b; data.next(b);) t.accumulate(b);
  m.gradients.assign(llm.gradients().begin(), llm.gradients().end());
  for (float& g : m.gradients) g /= static_cast<float>(data.counts().supervised);
  return m;
}

template <class Kernel>
void check_packed() {
  const std::string text = conversations();
  const chat_records records(text, "memory");
  const measured padded = measure<Kernel>(records, false, 3);
  const measured packed = measure<Kernel>(records, true, 2);
  CHECK(packed.loss == Catch::Approx(padded.loss).epsilon(1e-5));
  REQUIRE(packed.gradients.size() == padded.gradients.size());
  double largest = 0, difference = 0;
  for (std::size_t i = 0; i < padded.gradients.size(); ++i) {
    largest = std::max(largest, std::abs(double{padded.gradients[i]}));
    difference =
        std::max(difference, std::abs(double{packed.gradients[i]} - double{padded.gradients[i]}));
  }
  CHECK(largest > 1e-3);
  CHECK(difference < 1e-5 * largest);
}

}  // namespace

TEST_CASE("sft: packed and padded rows give the same loss and gradients for the same samples",
          "[recipe][sft]") {
  SECTION("standard attention") { check_packed<standard_attention>(); }
  SECTION("flash attention") { check_packed<flash>(); }
}

TEST_CASE("sft: a small model learns to answer, and the questions are not learned",
          "[recipe][sft]") {
  const std::string text = conversations();
  const chat_records records(text, "memory");
  sft_data data(records, encoder(), {.batch_size = 4, .seq = 64, .packed = true});
  model<decoder<>, cpu> llm(sizes_of(64));
  llm.initialize(4);
  trainer before(llm, trainer_options{});
  const double first = validate(before, data).mean();
  const training_report report =
      sft{.epochs = 150, .accumulation_steps = 1, .learning_rate = 1e-2}(llm, data);
  CHECK(first > 5);
  CHECK(report.loss < 0.1);
  trainer after(llm, trainer_options{});
  CHECK(validate(after, data).mean() < 0.1);

  // The same tokens, but learned from where they are not the assistant's.
  data.seek(0, 0);
  evaluation questions;
  for (token_batch b; data.next(b);) {
    for (float& w : b.weights) w = 1 - w;
    questions.add(after.evaluate(b));
  }
  CHECK(questions.mean() > 3);
}

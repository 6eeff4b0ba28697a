#include "support/catch.hpp"
#include "support/shared_dir.hpp"
#include "support/small_model.hpp"
#include <zer0/device/reference.hpp>
#include <zer0/generate/generate.hpp>
#include <zer0/recipe/perplexity.hpp>
#include <zer0/text/tokenizer.hpp>

#include <cmath>
#include <string>
#include <vector>

using namespace zer0;

namespace {

constexpr auto texts =
    "{\"text\": \"the cat saw the dog, and the dog saw the cat, and neither of them moved for a "
    "while\"}\n"
    "{\"text\": \"a\"}\n{\"text\": \"the bird\"}\n";

dims sizes(index_t vocabulary) {
  dims d = support::small_dims;
  d.vocab_size = vocabulary;
  d.max_seq_len = 8;
  return d;
}

/// Sum of -log p of tokens 1, 2, ... each from the logits after those before it, fed one at a time.
template <class Model>
double by_session(Model& model, const std::vector<token_id>& tokens) {
  session<Model> s(model, 1, model.sizes().max_seq_len);
  double sum = 0;
  for (std::size_t i = 0; i + 1 < tokens.size(); ++i) {
    const std::vector<std::vector<token_id>> piece{{tokens[i]}};
    const std::vector<float>& logits = s.feed(piece).front();
    double all = 0;
    for (const float logit : logits) all += std::exp(static_cast<double>(logit));
    sum += std::log(all) - static_cast<double>(logits[static_cast<std::size_t>(tokens[i + 1])]);
  }
  return sum;
}

}  // namespace

TEST_CASE("perplexity: exp of the mean loss over every token, texts apart, long ones in windows",
          "[recipe][perplexity]") {
  const tokenizer tok(support::data_dir() / "tokenizer");
  support::small_model<decoder<>, reference> llm(sizes(tok.size()));
  const pretrain_records records(texts, "texts");
  const document_encoder encode(tok);

  double expected = 0;
  index_t count = 0;
  const auto longest = static_cast<std::size_t>(llm.model.sizes().max_seq_len);
  for (index_t i = 0; i < records.size(); ++i) {
    std::string text;
    records.read(i, text);
    std::vector<token_id> tokens;
    encode(text, tokens);
    if (i == 0) CHECK(tokens.size() > 2 * longest + 1);
    for (std::size_t from = 0; from + 1 < tokens.size(); from += longest) {
      const auto begin = tokens.begin() + static_cast<std::ptrdiff_t>(from);
      const auto size = static_cast<std::ptrdiff_t>(std::min(longest + 1, tokens.size() - from));
      expected += by_session(llm.model, {begin, begin + size});
      count += size - 1;
    }
  }
  for (const index_t batch_tokens : {1, 10, 4096}) {
    const perplexity_report report =
        perplexity(llm.model, records, encode, {.batch_tokens = batch_tokens});
    CHECK(report.tokens == count);
    CHECK(report.texts == 3);
    CHECK(report.loss_sum == Catch::Approx(expected).epsilon(1e-6));
    CHECK(report.perplexity() ==
          Catch::Approx(std::exp(expected / static_cast<double>(count))).epsilon(1e-6));
  }
}

TEST_CASE("perplexity: progress is told, and may end it", "[recipe][perplexity]") {
  const tokenizer tok(support::data_dir() / "tokenizer");
  support::small_model<decoder<>, reference> llm(sizes(tok.size()));
  const pretrain_records records(texts, "texts");
  std::vector<double> told;
  const auto tell = [&](double fraction) {
    told.push_back(fraction);
    return told.size() < 2;
  };
  const perplexity_report report =
      perplexity(llm.model, records, document_encoder(tok), {.progress = tell});
  CHECK(told == std::vector<double>{1.0 / 3, 2.0 / 3});
  CHECK(report.texts == 2);
}

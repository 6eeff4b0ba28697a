#include "support/catch.hpp"
#include "support/preference_pairs.hpp"
#include "support/small_model.hpp"
#include <zer0/device/reference.hpp>
#include <zer0/generate/generate.hpp>
#include <zer0/recipe/preference_accuracy.hpp>

#include <cmath>
#include <string>
#include <vector>

using namespace zer0;

namespace {

dims sizes() {
  dims d = support::small_dims;
  d.vocab_size = support::pairs_tokenizer().size();
  return d;
}

/// log p of the supervised tokens of a conversation, fed one at a time.
template <class Model>
double log_p(Model& model, const chat_json& messages, std::size_t prompt) {
  encoded_conversation c;
  support::pairs_encoder().encode(messages, nullptr, c, prompt);
  session<Model> s(model, 1, model.sizes().max_seq_len);
  double sum = 0;
  for (std::size_t i = 0; i + 1 < c.tokens.size(); ++i) {
    const std::vector<float> logits = s.feed(std::vector<std::vector<token_id>>{{c.tokens[i]}})[0];
    if (c.supervised[i + 1] == 0) continue;
    double all = 0;
    for (const float logit : logits) all += std::exp(static_cast<double>(logit));
    sum += static_cast<double>(logits[static_cast<std::size_t>(c.tokens[i + 1])]) - std::log(all);
  }
  return sum;
}

}  // namespace

TEST_CASE("preference_accuracy: log-probabilities of answers, compared pair by pair",
          "[recipe][preference_accuracy]") {
  support::small_model<decoder<>, reference> small(sizes());
  const std::string text = support::many_pairs(8) + support::pair_line("q", "no", "ship ship") +
                           support::pair_line("q", std::string(200, 'q'), "no");
  const preference_records records(text, "pairs");
  double margins = 0;
  index_t right = 0;
  preference_record pair;
  for (index_t i = 0; i < 9; ++i) {
    records.read(i, pair);
    const double margin = log_p(small.model, *pair.chosen, pair.prompt) -
                          log_p(small.model, *pair.rejected, pair.prompt);
    margins += margin;
    right += margin > 0 ? 1 : 0;
  }
  const preference_report r = preference_accuracy(small.model, records, support::pairs_encoder());
  CHECK(r.pairs == 9);
  CHECK(r.fitting == 9);
  CHECK(r.too_long == 1);
  CHECK(r.right == right);
  CHECK(right > 0);
  CHECK(right < 9);
  CHECK(r.accuracy() == Catch::Approx(static_cast<double>(right) / 9));
  CHECK(r.margin() == Catch::Approx(margins / 9).epsilon(1e-4));

  const preference_report some = preference_accuracy(small.model, records, support::pairs_encoder(),
                                                     [](double done) { return done < 0.3; });
  CHECK(some.pairs == 3);
  CHECK(some.fitting == 9);
}

TEST_CASE("preference_accuracy: a pair that the template refuses is named by file and line",
          "[recipe][preference_accuracy]") {
  support::small_model<decoder<>, reference> small(sizes());
  const std::string text = support::many_pairs(2) + support::pair_line("q", "yes", "no", "system");
  const preference_records records(text, "pairs");
  CHECK_THROWS_WITH(preference_accuracy(small.model, records, support::pairs_encoder()),
                    support::contains("pairs:3: ") && support::contains("no system turn"));
}

#include "support/catch.hpp"
#include "support/shared_dir.hpp"
#include "support/small_model.hpp"
#include <zer0/device/reference.hpp>
#include <zer0/recipe/exact_match.hpp>

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

using namespace zer0;

namespace {

struct asked {
  tokenizer tok{support::source_dir() / "examples" / "tokenizer"};
  prompt_encoder encode{tok};
  support::small_model<decoder<>, reference> small{sizes()};
  std::string lines;

  /// Five questions, of which those with an odd number have the model's own answer.
  asked() {
    for (int i = 0; i < 5; ++i) {
      const std::string prompt = "the cat " + std::string(static_cast<std::size_t>(i), 'x');
      const std::string right = answer(small.model, encode, encode(prompt),
                                       {.rules = {.temperature = 0}, .max_new_tokens = 4});
      lines += nlohmann::json{{"prompt", prompt},
                              {"answer", i % 2 == 1 ? " " + right + "\n" : right + "!"}}
                   .dump() +
               "\n";
    }
  }
  [[nodiscard]] dims sizes() const {
    dims d = support::small_dims;
    d.vocab_size = tok.size();
    return d;
  }
};

}  // namespace

TEST_CASE("exact_match: counts the answers that are the model's own, however many side by side",
          "[recipe][exact_match]") {
  asked a;
  const question_records questions(a.lines, "questions");
  for (const index_t together : {1, 2, 32}) {
    std::vector<double> told;
    const exact_match_report r =
        exact_match(a.small.model, questions, a.encode,
                    {.max_new_tokens = 4, .batch_size = together, .progress = [&](double done) {
                       told.push_back(done);
                     }});
    CHECK(r.questions == 5);
    CHECK(r.right == 2);
    CHECK(r.accuracy() == 0.4);
    REQUIRE(r.misses.size() == 3);
    CHECK(r.misses[1].asked == "the cat xx");
    CHECK(r.misses[1].expected == r.misses[1].answered + "!");
    CHECK(told.size() == static_cast<std::size_t>((5 + together - 1) / together));
    CHECK(told.back() == 1);
  }
}

TEST_CASE("exact_match: what is cut short is not counted", "[recipe][exact_match]") {
  asked a;
  const question_records questions(a.lines, "questions");
  int left = 4 * 2 + 1;  // two questions, and the first token of the third
  const exact_match_report r =
      exact_match(a.small.model, questions, a.encode,
                  {.max_new_tokens = 4, .batch_size = 1, .goes_on = [&] { return --left > 0; }});
  CHECK(r.questions == 2);
  CHECK(r.right == 1);
}

TEST_CASE("exact_match: a question without room for an answer is named by file and line",
          "[recipe][exact_match]") {
  asked a;
  const std::string text =
      a.lines + nlohmann::json{{"prompt", std::string(500, 'q')}, {"answer", "a"}}.dump();
  const question_records questions(text, "questions");
  CHECK_THROWS_WITH(exact_match(a.small.model, questions, a.encode),
                    support::contains("questions:6: it has ") &&
                        support::contains("no room for an answer in a context of 64"));
}

#include "support/catch.hpp"
#include "support/shared_dir.hpp"
#include "support/small_model.hpp"
#include <zer0/core/sampling.hpp>
#include <zer0/device/cpu.hpp>
#include <zer0/generate/generate.hpp>

#include <map>

using namespace zer0;

namespace {

using tokens = std::vector<token_id>;
using small = support::small_model<decoder<>, cpu>;

const std::vector<tokens> prompts{{1, 2, 3, 4, 5, 6, 7}, {8}, {3, 1, 4}};

generate_options greedy(index_t n) { return {.rules = {.temperature = 0}, .max_new_tokens = n}; }

}  // namespace

TEST_CASE("generate: max_new_tokens counts new tokens, whatever the prompt's length",
          "[generate]") {
  small m;
  for (const index_t n : {1, 9}) {
    const auto results = generate_tokens(m.model, prompts, greedy(n));
    REQUIRE(results.size() == 3);
    for (const tokens& r : results) CHECK(static_cast<index_t>(r.size()) == n);
  }
  CHECK(generate_tokens(m.model, prompts, greedy(0)) == std::vector<tokens>(3));
  CHECK(generate_tokens(m.model, {}, greedy(5)).empty());
}

TEST_CASE("generate: prompts side by side give what each gives alone", "[generate]") {
  small m;
  const auto together = generate_tokens(m.model, prompts, greedy(20));
  for (std::size_t i = 0; i < prompts.size(); ++i)
    CHECK(generate_tokens(m.model, {prompts[i]}, greedy(20))[0] == together[i]);
}

TEST_CASE("generate: each new token is the sampler's choice after all tokens before",
          "[generate]") {
  small m;
  const generate_options options{
      .rules = {.temperature = 1.2, .top_k = 8, .top_p = 0.9, .repetition_penalty = 1.3},
      .max_new_tokens = 15};
  const auto results = generate_tokens(m.model, prompts, options);
  sampler choose(options.rules);
  for (std::size_t i = 0; i < prompts.size(); ++i) {
    tokens history = prompts[i];
    for (std::size_t j = 0; j < results[i].size(); ++j) {
      session<model<decoder<>, cpu>> s(m.model, 1, 64);
      const auto logits = s.feed(std::vector<tokens>{history})[0];
      CHECK(results[i][j] ==
            choose.next(logits, history, static_cast<index_t>(i), static_cast<index_t>(j)));
      history.push_back(results[i][j]);
    }
  }
}

TEST_CASE("generate: random text depends on the seed and the prompt's index, not on its neighbours",
          "[generate]") {
  small m;
  generate_options options{.rules = {.temperature = 1.5, .top_p = 1}, .max_new_tokens = 30};
  const auto first = generate_tokens(m.model, prompts, options);
  CHECK(generate_tokens(m.model, prompts, options) == first);
  CHECK(generate_tokens(m.model, {prompts[0], {5, 5, 5, 5, 5, 5, 5, 5, 5}}, options)[0] ==
        first[0]);
  const auto same_prompt = generate_tokens(m.model, {prompts[1], prompts[1]}, options);
  CHECK(same_prompt[0] != same_prompt[1]);
  options.rules.seed = 43;
  CHECK(generate_tokens(m.model, prompts, options) != first);
}

TEST_CASE("generate: the stop token ends a sequence and is not part of it", "[generate]") {
  small m;
  generate_options options{.rules = {.temperature = 1.5, .top_p = 1}, .max_new_tokens = 30};
  const auto unstopped = generate_tokens(m.model, prompts, options);
  for (token_id stop = 0; stop < 13; ++stop) {
    options.stop_token = stop;
    std::size_t heard = 0;
    const auto results = generate_tokens(m.model, prompts, options, [&](index_t, token_id token) {
      CHECK(token != stop);
      ++heard;
      return true;
    });
    for (std::size_t i = 0; i < prompts.size(); ++i) {
      const auto end = std::find(unstopped[i].begin(), unstopped[i].end(), stop);
      CHECK(results[i] == tokens(unstopped[i].begin(), end));
      heard -= results[i].size();
    }
    CHECK(heard == 0);
  }
}

TEST_CASE("generate: the callback hears every token in order and may end its sequence",
          "[generate]") {
  small m;
  std::map<index_t, tokens> heard;
  const auto results =
      generate_tokens(m.model, prompts, greedy(10), [&](index_t i, token_id token) {
        heard[i].push_back(token);
        return i != 1 || heard[i].size() < 4;
      });
  const auto whole = generate_tokens(m.model, prompts, greedy(10));
  CHECK(results[0] == whole[0]);
  CHECK(results[1] == tokens(whole[1].begin(), whole[1].begin() + 4));
  CHECK(results[2] == whole[2]);
  for (index_t i = 0; i < 3; ++i) CHECK(heard[i] == results[static_cast<std::size_t>(i)]);
}

TEST_CASE("generate: goes_on is asked behind each token, and ends all sequences", "[generate]") {
  small m;
  int asked = 0;
  generate_options options = greedy(10);
  options.goes_on = [&] { return ++asked < 5; };
  const auto results = generate_tokens(m.model, prompts, options);
  const auto whole = generate_tokens(m.model, prompts, greedy(10));
  for (std::size_t i = 0; i < 3; ++i)  // the fifth token is the second one's second
    CHECK(results[i] == tokens(whole[i].begin(), whole[i].begin() + 2));
  CHECK(asked == 5);
}

TEST_CASE("generate: the end of the context ends a sequence, not its neighbours", "[generate]") {
  small m;
  const std::vector<tokens> two{support::random_tokens(60, 13, 1), {1, 2}};
  const auto results = generate_tokens(m.model, two, greedy(20));
  CHECK(results[0].size() == 5);  // four fill the context of 64, and one follows
  CHECK(results[1].size() == 20);
  CHECK(generate_tokens(m.model, {two[1]}, greedy(100))[0].size() == 63);
}

TEST_CASE("generate: a prompt without tokens or without room is refused by number", "[generate]") {
  small m;
  CHECK_THROWS_WITH(generate_tokens(m.model, {{1}, {}}, greedy(3)),
                    support::contains("prompt 2 has no tokens"));
  CHECK_THROWS_WITH(
      generate_tokens(m.model, {tokens(64, 1)}, greedy(3)),
      support::contains(
          "prompt 1 has 64 tokens, which leaves no room in a context of max_seq_len = 64"));
  CHECK_THROWS_AS(generate_tokens(m.model, {tokens(63, 1), tokens(100, 1)}, greedy(3)), error);
  CHECK(generate_tokens(m.model, {tokens(63, 1)}, greedy(3))[0].size() == 2);
}

TEST_CASE("generate: text comes in whole pieces and is the decoded tokens", "[generate]") {
  const tokenizer tok(support::source_dir() / "examples" / "tokenizer");
  dims sizes = support::small_dims;
  sizes.vocab_size = tok.size();
  support::small_model<decoder<>, cpu> m(sizes);
  const generate_options options{.rules = {.temperature = 2, .top_p = 1}, .max_new_tokens = 40};
  std::string heard;
  int pieces = 0;
  const std::string text =
      generate(m.model, tok, "Once upon", options, [&](std::string_view piece) {
        heard += piece;
        ++pieces;
      });
  CHECK(heard == text);
  CHECK(pieces > 1);

  tokens ids;
  if (tok.bos()) ids.push_back(*tok.bos());
  tok.encode("Once upon", ids);
  generate_options with_stop = options;
  with_stop.stop_token = tok.eos();
  CHECK(text == tok.decode(generate_tokens(m.model, {ids}, with_stop)[0]));
}

// A trained model of 260,032 parameters: its text, logits and loss are those of another program
// (llama2.c).
#include "support/catch.hpp"
#include "support/shared_dir.hpp"
#include <zer0/checkpoint/model_files.hpp>
#include <zer0/device/cpu.hpp>
#include <zer0/file/detail/json.hpp>
#include <zer0/generate/generate.hpp>
#include <zer0/recipe/trainer.hpp>

#include <tuple>

using namespace zer0;

namespace {

using variants = std::tuple<decoder<gqa<rope_half_split, standard_attention>>,
                            decoder<gqa<rope_half_split, flash>>,
                            decoder<gqa<rope, standard_attention>>, decoder<gqa<rope, flash>>>;

/// Ids of a text, each the target of the one before.
token_batch batch_of(const std::vector<token_id>& ids) {
  const std::size_t n = ids.size() - 1;
  return {.ids = {ids.begin(), ids.end() - 1},
          .targets = {ids.begin() + 1, ids.end()},
          .weights = std::vector<float>(n, 1),
          .starts = {0, static_cast<std::int32_t>(n)}};
}

}  // namespace

TEMPLATE_LIST_TEST_CASE(
    "stories260K: 100 greedy tokens of each prompt, logits and losses are llama2.c's",
    "[golden][stories260k]", variants) {
  const auto shared = support::shared_dir();
  const auto folder = shared.value_or("") / "models" / "stories260K";
  if (!shared || !std::filesystem::exists(folder / "hf")) {
    WARN("skipped: no shared folder with stories260K");
    return;
  }
  const nlohmann::json goldens = detail::read_json_file(folder / "goldens.json");
  const model_config config = read_config(folder / "hf");
  CHECK(config.tied);
  model<TestType, cpu> llm(config.sizes);
  load_weights(llm, folder / "hf");

  SECTION("greedy tokens") {
    std::vector<std::vector<token_id>> prompts;
    std::vector<std::vector<token_id>> expected;
    for (const auto& one : goldens["greedy"]) {
      prompts.push_back(one["prompt_ids"]);
      expected.push_back(one["new_ids"]);
      REQUIRE(expected.back().size() == 100);
    }
    REQUIRE(prompts.size() == 5);
    CHECK(generate_tokens(llm, prompts, {.rules = {.temperature = 0}, .max_new_tokens = 100}) ==
          expected);
  }
  SECTION("logits") {
    const nlohmann::json full = detail::read_json_file(folder / "logits_full.json");
    session<model<TestType, cpu>> s(llm, 1, 5);
    std::size_t position = 0;
    for (const token_id id : full["input_ids"]) {
      const auto& logits = s.feed(std::vector<std::vector<token_id>>{{id}})[0];
      const std::vector<float> expected = full["logits"][position++];
      REQUIRE(logits.size() == expected.size());
      double worst = 0;
      for (std::size_t i = 0; i < logits.size(); ++i)
        worst = std::max(worst, static_cast<double>(std::abs(logits[i] - expected[i])));
      INFO("position " << position - 1);
      CHECK(worst < 1e-4);
    }
    CHECK(position == 5);
  }
  SECTION("mean loss over prompt and continuation") {
    trainer<model<TestType, cpu>> t(llm);
    for (const auto& one : goldens["greedy"]) {
      std::vector<token_id> ids = one["prompt_ids"];
      const std::vector<token_id> more = one["new_ids"];
      ids.insert(ids.end(), more.begin(), more.end());
      CHECK(t.evaluate(batch_of(ids)).mean() ==
            Approx(one["mean_nll_all"].get<double>()).epsilon(2e-6));
    }
  }
}

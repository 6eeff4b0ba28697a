#include "support/catch.hpp"
#include "support/preference_pairs.hpp"
#include "support/temp_dir.hpp"
#include <zer0/attention/gqa.hpp>
#include <zer0/device/cpu.hpp>
#include <zer0/model/model.hpp>
#include <zer0/recipe/dpo.hpp>

#include <cmath>
#include <fstream>
#include <string>
#include <vector>

using namespace zer0;
using support::contains;

namespace {

using model_type = model<decoder<>, cpu>;

dims sizes() {
  return {.dim = 16,
          .n_layers = 2,
          .n_heads = 2,
          .n_kv_heads = 1,
          .vocab_size = support::pairs_tokenizer().size(),
          .max_seq_len = 64,
          .multiple_of = 8,
          .dropout = 0.1};
}

struct setup {
  std::string text = support::many_pairs(12);
  preference_records records{text, "memory"};
  preference_data data{records, support::pairs_encoder(), {.batch_size = 3, .seq = 64}};
  model_type llm{sizes()};

  explicit setup(std::uint64_t seed = 1) { llm.initialize(seed); }
};

struct course {
  std::vector<step_report> steps;
  template <class Run>
  void operator()(const Run&, const step_report& step) {
    steps.push_back(step);
  }
};

}  // namespace

TEST_CASE("dpo: begins at log 2 with the model as its own reference, and margins grow",
          "[recipe][dpo]") {
  setup s;
  course c;
  const dpo<> recipe{.policy = {.beta = 0.2}, .epochs = 6, .learning_rate = 3e-3};
  const training_report report = recipe(s.llm, s.data, c);
  REQUIRE(c.steps.size() == 24);
  CHECK(c.steps[0].loss == Catch::Detail::Approx(std::log(2.0)).epsilon(1e-6));
  CHECK(std::abs(c.steps[0].metrics.at("rewards/margins")) < 1e-4);
  CHECK(c.steps[0].counted == 3);
  CHECK(c.steps.back().metrics.at("rewards/accuracies") == 1);
  CHECK(c.steps.back().metrics.at("rewards/margins") > 1);
  CHECK(report.loss < 0.4);
}

TEST_CASE("dpo: references that the data has are used; a loss without a reference needs none",
          "[recipe][dpo]") {
  setup s;
  course c;
  s.data.set_references(std::vector<double>(static_cast<std::size_t>(2 * s.data.pairs()), -1.0));
  const std::vector<double> own = reference_scores(s.llm, s.data);
  (void)dpo<>{.epochs = 1, .learning_rate = 1e-9}(s.llm, s.data, c);
  CHECK(std::abs(c.steps[0].loss - std::log(2.0)) > 1e-4);
  setup other;
  (void)dpo<simpo>{.epochs = 1}(other.llm, other.data, c);
  CHECK_FALSE(other.data.has_references());
}

TEST_CASE("dpo: reference_scores are minus the losses of the answers alone", "[recipe][dpo]") {
  setup s;
  const std::vector<double> scores = reference_scores(s.llm, s.data);
  REQUIRE(scores.size() == 24);
  preference_data one_by_one(s.records, support::pairs_encoder(),
                             {.batch_size = 1, .seq = 64, .shuffle = false});
  trainer<model_type> t(s.llm);
  token_batch pair;
  for (std::size_t i = 0; one_by_one.next(pair); i += 2) {
    for (const std::size_t side : {0u, 1u}) {
      token_batch answer = pair;
      for (std::size_t k = 0; k < answer.weights.size(); ++k)
        if ((k < static_cast<std::size_t>(pair.starts[1])) != (side == 0)) answer.weights[k] = 0;
      CHECK(scores[i + side] == Catch::Detail::Approx(-t.evaluate(answer).loss_sum).epsilon(1e-5));
    }
  }
}

TEST_CASE("reference_file: what was written is read again, for the same weights and data only",
          "[recipe][dpo]") {
  const support::temp_dir dir;
  setup s;
  const std::uint64_t weights = weights_fingerprint(s.llm);
  const reference_file file(dir.path(), "pairs.jsonl", weights, s.data.fingerprint());
  CHECK_FALSE(file.read(12));
  const std::vector<double> scores = reference_scores(s.llm, s.data);
  file.write(scores);
  CHECK_THAT(file.path().filename().string(), contains("pairs.jsonl.reference-"));
  CHECK(file.read(12) == scores);
  CHECK_FALSE(file.read(11));
  CHECK(weights_fingerprint(s.llm) == weights);
  float one = 0;
  s.llm.device().download(&one, s.llm.weights().data() + 1234, sizeof one);
  one += 1;
  s.llm.device().upload(s.llm.weights().data() + 1234, &one, sizeof one);
  CHECK(weights_fingerprint(s.llm) != weights);
  CHECK_FALSE(
      reference_file(dir.path(), "pairs.jsonl", weights + 1, s.data.fingerprint()).read(12));
  CHECK_FALSE(
      reference_file(dir.path(), "pairs.jsonl", weights, s.data.fingerprint() + 1).read(12));
  // One file in the place of another, and a damaged one, are not taken.
  const reference_file other(dir.path(), "pairs.jsonl", weights + 1, s.data.fingerprint());
  std::filesystem::copy_file(file.path(), other.path());
  CHECK_FALSE(other.read(12));
  std::ofstream(file.path()) << "nothing";
  CHECK_FALSE(file.read(12));
}

TEST_CASE("dpo: a run goes on only with the policy that it was begun with", "[recipe][dpo]") {
  const support::temp_dir dir;
  const auto refusal = [&](const auto& recipe) -> std::string {
    setup s;
    try {
      recipe(s.llm, s.data, run_folder(dir.path()));
    } catch (const error& e) {
      return e.what();
    }
    return "accepted";
  };
  CHECK(refusal(dpo<>{.policy = {.beta = 0.2}}) == "accepted");
  CHECK(refusal(dpo<>{.policy = {.beta = 0.2}}) == "accepted");
  for (const std::string& what : {refusal(dpo<>{.policy = {.beta = 0.3}}),
                                  refusal(dpo<>{.policy = {.beta = 0.2, .label_smoothing = 0.1}}),
                                  refusal(dpo<ipo>{.policy = {.beta = 0.2}}),
                                  refusal(dpo<dpo_hinge>{.policy = {.beta = 0.2}}),
                                  refusal(dpo<dpo_reference_mean>{.policy = {.beta = 0.2}}),
                                  refusal(dpo<simpo>{.policy = {.beta = 0.2, .gamma = 0}}),
                                  refusal(dpo<orpo>{.policy = {.beta = 0.2}})})
    CHECK_THAT(what, contains("the policy's loss of a sample pair is") &&
                         contains("give the same, or begin in another folder"));
}

TEST_CASE("reference_model: scores are those of its files, kept in the first folder that can be",
          "[recipe][dpo]") {
  const support::temp_dir dir;
  setup s, other(2);
  save_weights(other.llm, dir.path());
  write_config(dir.path(), config_of<decoder<>>(other.llm.sizes()));
  const std::vector<double> expected = reference_scores(other.llm, s.data);
  for (const char* folder : {"first", "second"}) std::filesystem::create_directories(dir / folder);

  reference_model reference(s.llm, dir.path());
  CHECK(reference.weights() == weights_fingerprint(other.llm));
  const std::vector<std::filesystem::path> folders{dir / "first", dir / "second"};
  const reference_file first(folders[0], "pairs", reference.weights(), s.data.fingerprint());
  std::filesystem::create_directories(first.path() / "in_the_way");
  const kept_scores computed = reference.scores(s.data, "pairs", folders);
  CHECK(computed.scores == expected);
  CHECK(computed.computed);
  CHECK(computed.file.parent_path() == folders[1]);
  CHECK_THAT(computed.not_in_first, contains(first.path().string()));

  // A run that goes on reads the file, and needs no weights; without both it says so.
  reference_model later(s.llm, dir / "nowhere", reference.weights());
  const kept_scores read = later.scores(s.data, "pairs", folders);
  CHECK(read.scores == expected);
  CHECK_FALSE(read.computed);
  CHECK(read.file == computed.file);
  CHECK(read.not_in_first.empty());
  CHECK_THROWS_AS(later.scores(s.data, "pairs", {dir / "first"}), error);
  reference_model wrong(s.llm, dir.path(), reference.weights() + 1);
  CHECK_THROWS_WITH(wrong.scores(s.data, "pairs", {dir / "first"}),
                    contains("is not what the run was begun with"));
}

TEST_CASE("reference_model: one of other sizes is refused by the first that differs",
          "[recipe][dpo]") {
  const support::temp_dir dir;
  dims deep = sizes();
  deep.n_layers = 3;
  model_type other(deep);
  other.initialize(1);
  save_weights(other, dir.path());
  write_config(dir.path(), config_of<decoder<>>(deep));
  setup s;
  CHECK_THROWS_WITH(reference_model(s.llm, dir.path()),
                    contains("has n_layers 3, the model to train 2; give one that differs in its "
                             "weights alone"));
}

#include "support/train_program.hpp"

#include <cmath>

using namespace support;

namespace {

/// A fine-tuned model's place is taken by a pretrained one of a few steps, and there are pairs that
/// prefer ships.
class dpo_program : public train_program {
 public:
  dpo_program() {
    fs::create_directories(tokenizer());
    fs::copy(data_dir() / "tokenizer" / "tokenizer.json", tokenizer() / "tokenizer.json");
    const nlohmann::json config{
        {"eos_token", "<|im_end|>"},
        {"chat_template",
         "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n' "
         "}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"}};
    write_file(tokenizer() / "tokenizer_config.json", config.dump());
    fs::create_directories(path("data"));
    write_pairs(pairs(), 24);
    require_success(
        train({"--max_steps", "3", "--tokenizer_path", tokenizer().string(), "--max_seq_len", "64"},
              "out"));
    fs::rename(path("out") / "pretrain_16", path("out") / "sft_16");
  }

  [[nodiscard]] fs::path tokenizer() const { return path("tokenizer"); }
  [[nodiscard]] fs::path pairs() const { return path("data") / "pairs.jsonl"; }
  [[nodiscard]] run_files dpo_run(const std::string& out_dir = "out") const {
    return {path(out_dir) / "rlhf_16"};
  }
  [[nodiscard]] std::vector<std::string> kept(const fs::path& folder) const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder))
      if (entry.path().filename().string().find(".reference-") != std::string::npos)
        names.push_back(entry.path().filename().string());
    return names;
  }

  static nlohmann::json side(const std::string& question, const std::string& answer) {
    return {{{"role", "user"}, {"content", question}},
            {{"role", "assistant"}, {"content", answer}}};
  }
  static void write_pairs(const fs::path& file, int n) {
    std::string text;
    for (int i = 0; i < n; ++i)
      text += nlohmann::json{{"chosen", side(std::to_string(i), "ship" + std::string(i % 3, 's'))},
                             {"rejected", side(std::to_string(i), "no")}}
                  .dump() +
              "\n";
    write_file(file, text);
  }

  [[nodiscard]] process_result dpo(const words& more, const std::string& out_dir = "out") const {
    words all{ZER0_TRAIN,
              "--mode",
              "dpo",
              "--out_dir",
              path(out_dir).string(),
              "--data_path",
              pairs().string(),
              "--batch_size",
              "4",
              "--init_from",
              (path("out") / "sft_16" / "last").string(),
              "--accumulation_steps",
              "1",
              "--log_interval",
              "1"};
    if (std::ranges::find(more, "--resume") != more.end())
      all = {ZER0_TRAIN, "--mode", "dpo", "--out_dir", path(out_dir).string()};
    all.insert(all.end(), more.begin(), more.end());
    return execute(all);
  }
};

}  // namespace

TEST_CASE("train: dpo begins at log 2, and reports rewards that come to prefer the chosen answers",
          "[programs][train_dpo]") {
  const dpo_program p;
  const process_result r = p.dpo({"--epochs", "4", "--learning_rate", "1e-2", "--val_fraction",
                                  "0.2", "--save_interval", "5"});
  require_success(r);
  CHECK_THAT(r.out, contains("20 pairs of answers") || contains("19 pairs of answers"));
  CHECK_THAT(r.out, contains("kept in"));
  CHECK_THAT(r.err, contains("validation loss") && contains("rewards/accuracies"));
  const auto log = p.dpo_run().log();
  CHECK(log.front()["loss"].get<double>() == Approx(std::log(2.0)).epsilon(1e-6));
  CHECK(std::abs(log.front()["rewards/margins"].get<double>()) < 1e-4);
  double margin = 0;
  int validations = 0;
  for (const auto& line : log) {
    margin = line.value("rewards/margins", margin);
    if (!line.contains("val_loss")) continue;
    ++validations;
    CHECK(line.contains("val_rewards/margins"));
    CHECK(line.contains("val_kl"));
  }
  CHECK(validations >= 4);
  CHECK(margin > 0.1);
  CHECK(p.kept(p.path("data")).size() == 2);  // of training and of validation
}

TEST_CASE("train: dpo resumes to the same bits, from the kept log-probabilities or without them",
          "[programs][train_dpo]") {
  const dpo_program p;
  const words options{"--epochs", "2", "--learning_rate", "1e-2", "--save_interval_steps", "4"};
  require_success(p.dpo(options, "whole"));
  REQUIRE(p.dpo_run("whole").last_step() == 12);
  for (const bool kept : {true, false}) {
    INFO((kept ? "kept" : "removed"));
    const std::string out = kept ? "a" : "b";
    fs::create_directories(p.path(out));
    fs::copy(p.path("whole") / "rlhf_16", p.path(out) / "rlhf_16",
             fs::copy_options::recursive | fs::copy_options::copy_symlinks);
    p.dpo_run(out).rewind(8);
    if (!kept)
      for (const std::string& name : p.kept(p.path("data"))) fs::remove(p.path("data") / name);
    const process_result r = p.dpo({"--resume"}, out);
    require_success(r);
    CHECK((r.out.find("kept in") == std::string::npos) == kept);
    check_same_end(p.dpo_run(out), p.dpo_run("whole"));
  }
  // The reference model is gone too.
  p.dpo_run("a").rewind(8);
  for (const std::string& name : p.kept(p.path("data"))) fs::remove(p.path("data") / name);
  fs::rename(p.path("out"), p.path("gone"));
  CHECK(p.dpo({"--resume"}, "a").exit_code == 1);
}

TEST_CASE(
    "train: dpo keeps log-probabilities in the run's folder where the data's cannot be written",
    "[programs][train_dpo]") {
  const dpo_program p;
  const fs::path data = p.path("data");
  // Not even root can put a file where a folder is.
  require_success(p.dpo({"--max_steps", "1"}));
  const auto names = p.kept(data);
  REQUIRE(names.size() == 1);
  fs::remove(data / names[0]);
  fs::create_directories(data / names[0] / "in_the_way");
  const process_result r = p.dpo({"--max_steps", "1", "--overwrite"});
  require_success(r);
  CHECK_THAT(r.err, contains("kept in the run's folder"));
  CHECK(p.kept(p.dpo_run().directory) == names);
}

TEST_CASE(
    "train: dpo of an adapter compares with the model without it, and keeps one reference for both",
    "[programs][train_dpo]") {
  const dpo_program p;
  const words lora{"--lora_rank", "2", "--learning_rate", "1e-3", "--max_steps", "6"};
  require_success(p.dpo({"--max_steps", "1"}, "whole"));
  require_success(p.dpo(lora));
  const auto log = p.dpo_run().log();
  CHECK(log.front()["loss"].get<double>() == Approx(std::log(2.0)).epsilon(1e-6));
  CHECK(log.back()["loss"].get<double>() < std::log(2.0));
  CHECK(p.kept(p.path("data")).size() == 1);
  CHECK(fs::is_regular_file(p.dpo_run().last() / "adapter" / "adapter_config.json"));
  // Begun from a trained adapter, the reference is still the model without it.
  const std::string adapter = (p.dpo_run().last() / "adapter").string();
  require_success(p.dpo({"--lora_path", adapter, "--max_steps", "1"}, "more"));
  CHECK(p.dpo_run("more").log().front()["loss"].get<double>() < std::log(2.0) - 1e-4);
  CHECK(p.kept(p.path("data")).size() == 1);
}

TEST_CASE("train: dpo with every loss; simpo and orpo keep no reference", "[programs][train_dpo]") {
  const dpo_program p;
  for (const std::string loss : {"reference_mean", "ipo", "hinge", "simpo", "orpo"}) {
    INFO(loss);
    require_success(p.dpo({"--dpo_loss", loss, "--epochs", "1", "--overwrite"}));
    CHECK(p.dpo_run().log().size() == 6);
    const bool reference = loss != "simpo" && loss != "orpo";
    CHECK(p.kept(p.path("data")).size() == (reference ? 1 : 0));
    for (const std::string& name : p.kept(p.path("data"))) fs::remove(p.path("data") / name);
  }
}

TEST_CASE("train: dpo compares with --ref_model_path, and says what does not fit",
          "[programs][train_dpo]") {
  const dpo_program p;
  require_success(p.train({"--max_steps", "2", "--seed", "7", "--tokenizer_path",
                           p.tokenizer().string(), "--max_seq_len", "64"},
                          "other"));
  const std::string other = (p.path("other") / "pretrain_16" / "last").string();
  require_success(p.dpo({"--max_steps", "1", "--ref_model_path", other}));
  CHECK(std::abs(p.dpo_run().log().front()["loss"].get<double>() - std::log(2.0)) > 1e-5);
  require_success(p.train({"--max_steps", "1", "--n_layers", "2", "--tokenizer_path",
                           p.tokenizer().string(), "--max_seq_len", "64"},
                          "deep"));
  check_error(p.dpo({"--max_steps", "1", "--overwrite", "--ref_model_path",
                     (p.path("deep") / "pretrain_16" / "last").string()}),
              1, {"has n_layers 2, the model to train 1"});
  check_error(p.dpo({"--dpo_beta", "0"}, "new"), 2, {"--dpo_beta is 0", "above 0"});
  check_error(p.dpo({"--dpo_label_smoothing", "0.5"}, "new"), 2,
              {"--dpo_label_smoothing is 0.5", "below 0.5"});
  write_file(p.pairs(), file_content(p.pairs()) + "{\"chosen\": []}\n");
  check_error(p.dpo({"--overwrite"}), 1, {"pairs.jsonl:25: it has no \"rejected\""});
  const process_result skipped = p.dpo({"--overwrite", "--skip_bad_lines", "--max_steps", "1"});
  require_success(skipped);
  CHECK_THAT(skipped.err, contains("1 bad line is left out"));
}

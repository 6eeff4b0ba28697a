#include "support/train_program.hpp"

#include <cmath>
#include <numbers>

using namespace support;

TEST_CASE("train: a first run leaves checkpoints, links, a log and its tokenizer; the loss falls",
          "[programs][train_run]") {
  const train_program p;
  const process_result r = p.train({"--epochs", "4", "--learning_rate", "1e-2", "--save_interval",
                                    "10", "--save_interval_steps", "15"});
  require_success(r);
  const run_files run = p.run();
  CHECK(run.names() == std::set<std::string>{".lock", ".zer0_run", "best", "files", "last",
                                             "log.jsonl", "step_00000010", "step_00000015",
                                             "step_00000020", "step_00000030", "step_00000040"});
  CHECK(run.last() == run.step(40));
  CHECK(run.best() == run.step(40));
  for (const std::string& name : run.steps())
    for (const char* file : {"model.safetensors", "optimizer.safetensors", "config.json",
                             "training_state.json", "tokenizer.json"})
      CHECK(fs::is_regular_file(run.directory / name / file));
  CHECK(file_content(run.last() / "tokenizer.json") ==
        file_content(data_dir() / "tokenizer" / "tokenizer.json"));

  const auto log = run.log();
  REQUIRE(log.size() == 40);
  for (std::size_t i = 0; i < log.size(); ++i) {
    const double t = static_cast<double>(i);
    CHECK(log[i]["step"] == i + 1);
    CHECK(log[i]["epoch"] == i / 10);
    CHECK(log[i]["learning_rate"].get<double>() ==
          Approx(1e-3 + 0.45e-2 * (1 + std::cos(std::numbers::pi * t / 40))).epsilon(1e-6));
  }
  CHECK(log.front()["loss"].get<double>() == Approx(std::log(423)).epsilon(0.05));
  CHECK(log.back()["loss"].get<double>() < 0.6 * log.front()["loss"].get<double>());
  for (const char* part :
       {"10,912 parameters", "40 texts", "40 steps (10 an epoch) of 2 x 2 rows of 32 tokens",
        "done: 40 steps", "step_00000040", "log.jsonl"})
    CHECK_THAT(r.out, contains(part));
}

TEST_CASE("train: the same command gives the same bits, another seed gives others",
          "[programs][train_run]") {
  const train_program p;
  const words options{"--epochs", "1", "--dropout", "0.2"};
  require_success(p.train(options, "a"));
  require_success(p.train(options, "b"));
  check_same_end(p.run("a"), p.run("b"));
  require_success(p.train({"--epochs", "1", "--dropout", "0.2", "--seed", "43"}, "c"));
  CHECK((file_content(p.run("a").last() / "model.safetensors") !=
         file_content(p.run("c").last() / "model.safetensors")));
}

TEST_CASE("train: --flash_attn, float16 and workers change nothing that can be seen in the loss",
          "[programs][train_run]") {
  const train_program p;
  require_success(p.train({"--num_workers", "0"}, "a"));
  require_success(p.train({"--num_workers", "3", "--dtype", "float16"}, "b"));
  check_same_end(p.run("a"), p.run("b"));
  require_success(p.train({"--flash_attn"}, "c"));
  CHECK(p.run("c").log().back()["loss"].get<double>() ==
        Approx(p.run("a").log().back()["loss"].get<double>()).epsilon(1e-4));
}

TEST_CASE("train: validation is logged, and decides which checkpoint is the best",
          "[programs][train_run]") {
  const train_program p;
  const fs::path val = p.path("val.jsonl");
  write_corpus(val, 6, 2);
  const process_result r = p.train({"--val_path", val.string(), "--save_interval", "2",
                                    "--learning_rate", "0.3", "--lr_schedule", "constant"});
  require_success(r);
  double least = 1e9;
  long best = 0;
  int looks = 0;
  for (const auto& line : p.run().log()) {
    if (!line.contains("val_loss")) continue;
    ++looks;
    if (line["val_loss"].get<double>() >= least) continue;
    least = line["val_loss"].get<double>();
    best = line["step"].get<long>();
  }
  CHECK(looks == 5);
  CHECK(p.run().best() == p.run().step(static_cast<int>(best)));
  CHECK_THAT(r.err, contains("step 2: validation loss"));
}

TEST_CASE("train: wrong use is one line, exit code 2, and nothing is written",
          "[programs][train_run]") {
  const train_program p;
  check_error(p.train({"--n_head", "2"}), 2,
              {"--n_head is not an option; did you mean --n_heads?"});
  check_error(p.train({"--epochs", "0"}), 2, {"--epochs is 0", "at least 1"});
  check_error(p.train({"--learning_rate", "quick"}), 2,
              {"--learning_rate is \"quick\"", "must be a number"});
  check_error(p.train({"--device=cuda:0"}), 2, {"--device cuda:0", "use --device cpu"});
  check_error(p.train({"--use_wandb"}), 2, {"--use_wandb", "later version"});
  check_error(p.train({"--val_path", p.path("none.jsonl").string()}), 2,
              {"--val_path", "none.jsonl does not exist"});
  check_error(p.train({"--init_from", p.path("nowhere").string()}), 2,
              {"--init_from", "nowhere", "no config.json", "Hugging Face"});
  check_error(p.resume(), 2, {"nothing to resume", "start without --resume"});
  check_error(p.train({"--resume=nowhere/step_1"}), 2, {"nothing to resume", "nowhere/step_1"});
  check_error(p.train({"--data_path", p.path("none.jsonl").string()}), 2,
              {"--data_path", "none.jsonl does not exist", "corpus"});
  check_error(p.train({"--tokenizer_path", p.path("no_tokenizer").string()}), 2,
              {"--tokenizer_path", "no_tokenizer does not exist"});
  CHECK_FALSE(fs::exists(p.path("out")));
}

TEST_CASE("train: --help prints to stdout and succeeds whatever else is given",
          "[programs][train_run]") {
  const train_program p;
  const process_result r = p.train({"--help"});
  require_success(r);
  CHECK(r.err.empty());
  CHECK_THAT(r.out, contains("--learning_rate X (=5e-4)"));
  CHECK_FALSE(fs::exists(p.path("out")));
}

TEST_CASE("train: a second run in the same folder needs --overwrite, which starts anew",
          "[programs][train_run]") {
  const train_program p;
  require_success(p.train({"--epochs", "2", "--save_interval_steps", "5"}));
  const std::string before = file_content(p.run().last() / "model.safetensors");
  check_error(p.train({}), 2,
              {"holds the checkpoints of an earlier run", "--resume", "--out_dir", "--overwrite"});
  CHECK((file_content(p.run().last() / "model.safetensors") == before));

  require_success(p.train({"--overwrite"}));
  CHECK(p.run().last() == p.run().step(10));
  CHECK(p.run().steps() == std::set<std::string>{"step_00000010"});
  CHECK(p.run().log().size() == 10);
  CHECK((file_content(p.run().last() / "model.safetensors") != before));

  require_success(
      p.train({"--overwrite", "--tokenizer_path", (p.run().directory / "last").string()}));
  CHECK(fs::is_regular_file(p.run().last() / "tokenizer.json"));
}

TEST_CASE("train: keep_checkpoint_max is kept to, and best and last are never removed",
          "[programs][train_run]") {
  const train_program p;
  const fs::path val = p.path("val.jsonl");
  write_file(val, "{\"text\": \"1 + 1 = 2, 17 / 3, QUX ZYX, 9876543210\"}\n");
  // What is learned from the corpus makes this less likely with every step, so that the best
  // checkpoint is an early one.
  const words rising{"--epochs",        "3",         "--learning_rate",  "0.02",
                     "--save_interval", "3",         "--save_best_only", "false",
                     "--val_path",      val.string()};
  const auto with_keep = [&](const char* n) {
    words options = rising;
    options.insert(options.end(), {"--keep_checkpoint_max", n, "--overwrite"});
    require_success(p.train(options));
    return p.run().steps();
  };
  CHECK(with_keep("100").size() == 10);
  const std::string best = p.run().best().filename().string();
  REQUIRE(best < "step_00000020");  // or this test shows nothing
  CHECK(with_keep("3") == std::set<std::string>{best, "step_00000027", "step_00000030"});
  CHECK(with_keep("1") == std::set<std::string>{best, "step_00000030"});
  CHECK(p.run().best().filename() == best);
  CHECK(p.run().last() == p.run().step(30));
  check_error(p.train({"--keep_checkpoint_max", "0"}), 2,
              {"--keep_checkpoint_max is 0", "at least 1"});
}

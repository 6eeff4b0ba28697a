#include "support/train_program.hpp"

using namespace support;

namespace {

/// A run of three epochs with a checkpoint every 7 steps: in the middle of an epoch of 10.
words whole_run(const words& more) {
  words options{"--epochs",
                "3",
                "--save_interval",
                "4",
                "--save_interval_steps",
                "7",
                "--keep_checkpoint_max",
                "100"};
  options.insert(options.end(), more.begin(), more.end());
  return options;
}

/// Trains in one go; then again from the checkpoint of step 7, in a copy of the folder where
/// nothing later is left.
void check_resume(const words& options, const words& resume_options = {}) {
  const train_program p;
  require_success(p.train(whole_run(options)));
  fs::copy(p.path("out"), p.path("copy"),
           fs::copy_options::recursive | fs::copy_options::copy_symlinks);
  p.run("copy").rewind(7);
  const process_result r = p.resume(resume_options, "copy");
  require_success(r);
  CHECK_THAT(r.out, contains("resumed at step 7"));
  check_same_end(p.run("out"), p.run("copy"));
  CHECK(p.run("out").names() == p.run("copy").names());
}

}  // namespace

TEST_CASE("train: a run resumed in the middle of an epoch ends in the same bits",
          "[programs][train_resume]") {
  SECTION("a text a row") { check_resume({"--dropout", "0"}); }
  SECTION("a text a row, dropout") { check_resume({"--dropout", "0.3"}); }
  SECTION("packed, dropout") {
    check_resume({"--packed", "--dropout", "0.3", "--accumulation_steps=1"});
  }
  SECTION("packed, in the order of the file") {
    check_resume({"--packed", "--shuffle=false", "--batch_size=1"});
  }
  SECTION("flash attention, warmup, validation") {
    check_resume({"--flash_attn", "--warmup_iters", "12", "--val_fraction", "0.2"});
  }
  SECTION("Muon, decay at the end") {
    check_resume({"--optimizer", "muon", "--muon_momentum", "0.9", "--learning_rate", "1e-2",
                  "--lr_schedule", "warmup_stable_decay", "--lr_decay_fraction", "0.5"});
  }
  SECTION("fewer heads for keys, a limit of steps, means of means") {
    check_resume({"--n_kv_heads=1", "--max_steps", "23", "--normalization", "mean_of_means"});
  }
}

TEST_CASE("train: a resumed run may have other threads and workers, and ends in the same bits",
          "[programs][train_resume]") {
  for (const char* threads : {"1", "2", "3"})
    check_resume({"--n_threads", "2", "--dropout", "0.2"},
                 {"--n_threads", threads, "--num_workers", "2"});
}

TEST_CASE("train: options of a run may be repeated when it is resumed",
          "[programs][train_resume]") {
  check_resume({"--dropout", "0.2"}, {"--dim", "16", "--n_heads", "2", "--n_kv_heads", "none",
                                      "--dropout", "0.2", "--epochs=3"});
}

TEST_CASE(
    "train: a run is resumed by the folder of a checkpoint, by a link, with a slash or from inside",
    "[programs][train_resume]") {
  const train_program p;
  require_success(p.train(whole_run({})));
  const run_files run = p.run();
  const std::string end = file_content(run.last() / "model.safetensors");
  const auto again = [&](const fs::path& checkpoint, const char* resumed) {
    INFO(checkpoint);
    const process_result r = train_program::execute({ZER0_TRAIN, "--resume", checkpoint.string()});
    require_success(r);
    CHECK_THAT(r.out, contains(resumed));
    CHECK((file_content(run.last() / "model.safetensors") == end));
    CHECK(run.log().size() == 30);
    CHECK(run.names().count("files") == 1);
    CHECK_FALSE(fs::exists(run.step(14) / "last"));
  };
  again(run.step(14), "resumed at step 14");
  again(run.step(14) / "", "resumed at step 14");
  run.rewind(21);
  again(run.directory / "last", "resumed at step 21");
  run.rewind(21);
  again(run.directory / "last" / "", "resumed at step 21");
}

TEST_CASE("train: --resume auto starts where there is nothing, and goes on where there is",
          "[programs][train_resume]") {
  const train_program p;
  const process_result first = p.train(whole_run({"--resume", "auto"}));
  require_success(first);
  CHECK_THAT(first.out, !contains("resumed"));
  p.run().rewind(7);
  const process_result second = p.train(whole_run({"--resume", "auto"}));
  require_success(second);
  CHECK_THAT(second.out, contains("resumed at step 7"));
  const process_result third = p.train(whole_run({"--resume", "auto"}));
  require_success(third);
  CHECK_THAT(third.out, contains("done: 30 steps, none of them now"));
}

TEST_CASE("train: a resumed run with another defining option is refused with both values",
          "[programs][train_resume]") {
  const train_program p;
  require_success(p.train({"--save_interval_steps", "5"}));
  const auto before = p.run().log();
  const std::vector<std::pair<words, std::string>> changes{
      {{"--epochs", "2"}, "1"},
      {{"--learning_rate", "1e-4"}, "5e-4"},
      {{"--batch_size", "4"}, "2"},
      {{"--seed", "7"}, "42"},
      {{"--packed", "true"}, "false"},
      {{"--dropout", "0"}, "0.1"},
      {{"--n_layers", "2"}, "1"},
      {{"--max_seq_len", "16"}, "32"},
      {{"--shuffle", "false"}, "true"},
      {{"--n_kv_heads", "1"}, "none"},
      {{"--accumulation_steps", "1"}, "2"},
      {{"--warmup_iters", "3"}, "0"},
      {{"--decay", "matrices"}, "all"},
      {{"--lr_schedule", "constant"}, "cosine"},
      {{"--optimizer", "muon"}, "adamw"},
      {{"--max_steps", "9"}, "0"},
      {{"--weight_decay", "0"}, "0.1"},
      {{"--flash_attn", "true"}, "false"},
      {{"--val_fraction", "0.1"}, "0"},
      {{"--norm_eps", "1e-5"}, "1e-8"},
      {{"--rope_theta", "20000"}, "10000"},
      {{"--grad_clip", "2"}, "1"},
      {{"--multiple_of", "32"}, "64"},
      {{"--skip_bad_lines", "true"}, "false"}};
  for (const auto& [change, before_it] : changes)
    check_error(p.resume(change), 2,
                {change[0] + " is " + change[1] + ",", "has " + before_it + ";",
                 "leave the option out", "--out_dir"});
  check_error(
      train_program::execute({ZER0_TRAIN, "--resume", p.run().step(5).string(), "--dim", "32"}), 2,
      {"--dim is 32,", "has 16;"});
  check_error(p.resume({"--dim", "32"}), 2, {"nothing to resume", "pretrain_32"});
  CHECK((p.run().log() == before));
}

TEST_CASE(
    "train: a run is resumed in the number format it was begun in; --dtype alone does not change "
    "that of a CPU",
    "[programs][train_resume]") {
  const train_program p;
  require_success(p.train({"--save_interval_steps", "5"}));
  const fs::path file = p.run().last() / "training_state.json";
  nlohmann::json state = nlohmann::json::parse(file_content(file));
  CHECK(state["run"]["dtype"] == "float32");
  require_success(p.resume({"--dtype", "float16"}));
  state["run"]["dtype"] = "bfloat16";  // as a GPU would have written
  write_file(file, state.dump());
  check_error(p.resume(), 2,
              {"would compute in float32", "was begun in bfloat16", "give --dtype bfloat16"});
}

TEST_CASE("train: a run is resumed with the data it was begun with, wherever it is now",
          "[programs][train_resume]") {
  const train_program p;
  const fs::path val = p.path("val.jsonl");
  write_corpus(val, 5, 3);
  require_success(
      p.train({"--epochs", "2", "--save_interval_steps", "5", "--val_path", val.string()}));
  p.run().rewind(5);

  fs::rename(p.data(), p.path("moved.jsonl"));
  check_error(p.resume(), 2, {"--data_path", "does not exist"});
  write_corpus(p.data(), 40, 2);
  check_error(p.resume(), 2, {"training data", p.data().string(), "its content differs"});
  require_success(p.resume({"--data_path", p.path("moved.jsonl").string()}));
  CHECK(p.run().last() == p.run().step(20));

  std::string changed = file_content(val);
  changed[changed.find("the")] = 'T';
  write_file(val, changed);
  check_error(p.resume({"--data_path", p.path("moved.jsonl").string()}), 2,
              {"validation data", val.string(), "its content differs"});
  check_error(p.resume({"--tokenizer_path", (source_dir() / "examples" / "tokenizer").string()}), 2,
              {"tokenizer"});
}

TEST_CASE("train: a broken checkpoint is refused by the name of its broken file",
          "[programs][train_resume]") {
  const train_program p;
  require_success(p.train({}));
  const fs::path last = p.run().last();
  const auto broken = [&](const char* name, const std::string& content) {
    const std::string good = file_content(last / name);
    write_file(last / name, content);
    check_error(p.resume(), 1, {(fs::path(last.filename()) / name).string()});
    write_file(last / name, good);
  };
  broken("model.safetensors", file_content(last / "model.safetensors").substr(0, 1000));
  broken("optimizer.safetensors", "");
  broken("training_state.json", "{\"format\": 1, \"step\"");
  broken("training_state.json", "{\"format\": 9}");
  broken("config.json", "[]");
  require_success(p.resume());
}

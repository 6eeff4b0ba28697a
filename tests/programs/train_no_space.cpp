#include "support/train_program.hpp"

using namespace support;

namespace {

/// A disk with room for the weights (44 KB) and not for the optimizer (87 KB).
constexpr rlim_t too_small = 60'000;

process_result run_with_limit(const words& command, rlim_t bytes) {
  process_options options = train_program::environment();
  options.largest_file = bytes;
  return run_process(command, options);
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t n = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

}  // namespace

TEST_CASE(
    "train: no space for a checkpoint is a warning; training goes on, the earlier checkpoint is "
    "intact",
    "[programs][train_no_space]") {
  const train_program p;
  const words options{"--epochs",
                      "3",
                      "--save_interval",
                      "0",
                      "--save_interval_steps",
                      "5",
                      "--keep_checkpoint_max",
                      "9"};
  require_success(p.train(options));
  fs::copy(p.path("out"), p.path("full"),
           fs::copy_options::recursive | fs::copy_options::copy_symlinks);
  const run_files run = p.run("full");
  run.rewind(5);
  const std::string earlier = file_content(run.step(5) / "optimizer.safetensors");

  const process_result r = run_with_limit(p.resume_command({}, "full"), too_small);
  INFO(r.err);
  CHECK(r.signal == 0);
  CHECK(r.exit_code == 1);
  CHECK(count(r.err, "warning: no checkpoint was written (cannot write ") == 5);
  CHECK(count(r.err, "File too large") == 5);
  CHECK_THAT(r.err, contains("training goes on, older checkpoints are intact"));
  CHECK_THAT(r.err,
             contains("train: the state at the end could not be saved; see the warning above"));
  CHECK_THAT(r.out, contains("done: 30 steps"));
  CHECK(run.names() ==
        std::set<std::string>{".lock", ".zer0_run", "files", "last", "log.jsonl", "step_00000005"});
  CHECK(run.last() == run.step(5));
  CHECK((file_content(run.step(5) / "optimizer.safetensors") == earlier));
  CHECK(run.log().size() == 30);

  require_success(p.resume({}, "full"));  // there is space again
  for (const char* name : {"model.safetensors", "optimizer.safetensors"})
    CHECK((file_content(p.run("out").last() / name) == file_content(run.last() / name)));
  CHECK((p.run("out").log() == run.log()));
}

TEST_CASE("train: no space for the first checkpoint leaves nothing half-written",
          "[programs][train_no_space]") {
  const train_program p;
  const process_result r = run_with_limit(p.command({"--save_interval", "5"}), too_small);
  CHECK(r.exit_code == 1);
  CHECK(count(r.err, "warning: no checkpoint was written") == 2);
  CHECK(p.run().names() == std::set<std::string>{".lock", ".zer0_run", "files", "log.jsonl"});
  CHECK(p.run().log().size() == 10);
  CHECK_THAT(r.out, !contains("go on") && !contains("talk"));
  require_success(p.train({}));
}

TEST_CASE("train: no space to begin with is an error, and an earlier run is not lost",
          "[programs][train_no_space]") {
  const train_program p;
  check_error(run_with_limit(p.command({}), 5'000), 1,
              {"cannot write", "tokenizer.json", "File too large"});
  require_success(p.train({}));
  check_error(run_with_limit(p.command({"--overwrite"}), 5'000), 1,
              {"cannot write", "tokenizer.json"});
  CHECK(p.run().last() == p.run().step(10));
  require_success(p.resume());
  CHECK(p.run().names() == std::set<std::string>{".lock", ".zer0_run", "best", "files", "last",
                                                 "log.jsonl", "step_00000010"});
}

TEST_CASE("train: a log that cannot be written ends nothing", "[programs][train_no_space]") {
  const train_program p;
  const words options{"--epochs", "20", "--save_interval", "0", "--save_last", "false"};
  const process_result r = run_with_limit(p.command(options), 20'000);
  INFO(r.err.substr(0, 1000));
  CHECK(r.exit_code == 0);
  CHECK_THAT(r.out, contains("done: 200 steps"));
  CHECK(fs::file_size(p.run().directory / "log.jsonl") <= 20'000);
  CHECK(p.run().log().size() < 200);
}

TEST_CASE("train: a folder that cannot be made or written to is named",
          "[programs][train_no_space]") {
  const train_program p;
  write_file(p.path("file"), "");
  check_error(p.train({}, "file"), 1, {"file/pretrain_16"});
}

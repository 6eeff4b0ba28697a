#include "support/train_program.hpp"

#include <sys/file.h>

using namespace support;
using std::chrono::microseconds;

namespace {

/// What holds of a run's folder whenever its process was killed: a checkpoint's name stands for a
/// whole checkpoint.
void check_whole_checkpoints(const run_files& run) {
  if (!fs::is_directory(run.directory)) return;
  for (const std::string& name : run.steps()) {
    if (name.find('.') != std::string::npos) continue;
    INFO(name);
    for (const char* file : {"model.safetensors", "optimizer.safetensors", "config.json",
                             "training_state.json", "tokenizer.json"})
      CHECK(fs::is_regular_file(run.directory / name / file));
  }
  for (const char* link : {"best", "last"})
    if (fs::is_symlink(run.directory / link)) CHECK(fs::is_directory(run.directory / link));
}

bool has_leftovers(const run_files& run) {
  return std::ranges::any_of(run.names(), [](const std::string& name) {
    return name.find(".tmp") != std::string::npos || name.find(".old") != std::string::npos;
  });
}

/// Trains in one go; then again, killed at most `kills` times at random moments within a `part` of
/// that time, and resumed each time.
void check_kills(int kills, double part, unsigned seed, const words& more) {
  const train_program p;
  words options{"--epochs",
                "8",
                "--save_interval",
                "3",
                "--save_interval_steps",
                "5",
                "--keep_checkpoint_max",
                "2",
                "--dropout",
                "0.1"};
  options.insert(options.end(), more.begin(), more.end());
  const process_result whole = p.train(options);
  require_success(whole);

  options.insert(options.end(), {"--resume", "auto"});
  std::mt19937 random(seed);
  double longest = whole.seconds * part;
  for (int killed = 0; killed < kills;) {
    process run(p.command(options, "killed"), train_program::environment());
    const double moment = std::uniform_real_distribution<double>(0, longest)(random);
    if (run.run_for(microseconds(static_cast<long>(moment * 1e6)))) {
      run.send(SIGKILL);
      const process_result r = run.wait();
      CHECK((r.signal == SIGKILL || r.exit_code == 0));
      killed += r.signal == SIGKILL ? 1 : 0;
      check_whole_checkpoints(p.run("killed"));
      continue;
    }
    require_success(run.wait());
    if (killed > 0) break;
    longest /= 2;  // the machine is faster now than it was
    fs::remove_all(p.path("killed"));
  }
  require_success(p.train(options, "killed"));
  check_same_end(p.run("out"), p.run("killed"));
  CHECK(p.run("out").names() == p.run("killed").names());
}

/// Asks a run to stop by `signal` once it has done `steps` more steps; what it printed.
process_result stop_after(const train_program& p, const words& command, std::size_t steps,
                          int signal) {
  process run(command, train_program::environment());
  const std::size_t before = p.run().log().size();
  REQUIRE(run.wait_until([&] { return p.run().log().size() >= before + steps; }));
  run.send(signal);
  return run.wait();
}

}  // namespace

TEST_CASE("train: killed now and then, it ends in the same bits", "[programs][train_killed]") {
  check_kills(4, 0.6, 1, {});
}

TEST_CASE("train: killed again and again, it ends in the same bits",
          "[programs][train_killed][slow]") {
  for (unsigned seed = 2; seed < 7; ++seed) {
    check_kills(40, 0.25, seed, {});
    check_kills(40, 0.25, seed, {"--packed", "--val_fraction", "0.2", "--save_best_only", "false"});
  }
}

TEST_CASE("train: stopped by Ctrl-C it saves, says how to go on, and goes on to the same bits",
          "[programs][train_killed]") {
  const train_program p;
  // Too long to end before a signal comes. The rate is constant, so that a run of as many steps as
  // were done is the same.
  const words options{"--epochs",      "100000",   "--dropout",       "0.1", "--packed",
                      "--lr_schedule", "constant", "--save_interval", "20"};
  const std::string go_on =
      std::string("go on     ") + ZER0_TRAIN + " --resume --out_dir " + p.path("out").string();
  long step = 0;
  for (const auto& [signal, code] :
       {std::pair(SIGINT, 130), std::pair(SIGTERM, 143), std::pair(SIGINT, 130)}) {
    const process_result r =
        stop_after(p, step == 0 ? p.command(options) : p.resume_command(), 30, signal);
    INFO(r.err);
    CHECK(r.exit_code == code);
    CHECK_THAT(r.out, contains("stopped: ") && contains(go_on));
    const long before = std::exchange(step, p.run().last_step());
    CHECK(step >= before + 30);
    CHECK(p.run().log().back()["step"] == step);
    CHECK_FALSE(has_leftovers(p.run()));
  }
  words whole = options;
  whole.insert(whole.end(), {"--max_steps", std::to_string(step), "--save_interval_steps", "0"});
  require_success(p.train(whole, "whole"));
  CHECK(p.run("whole").last_step() == step);
  for (const char* name : {"model.safetensors", "optimizer.safetensors"})
    CHECK((file_content(p.run("out").last() / name) == file_content(p.run("whole").last() / name)));
  CHECK((p.run("out").log() == p.run("whole").log()));
}

TEST_CASE("train: the second Ctrl-C ends it at once, and the run can still go on",
          "[programs][train_killed]") {
  const train_program p;
  process run(
      p.command({"--epochs", "100000", "--accumulation_steps", "30", "--save_interval_steps", "1"}),
      train_program::environment());
  REQUIRE(run.wait_until([&] { return fs::exists(p.run().directory / "last"); }));
  run.send(SIGSTOP);  // so that both come within one step
  run.send(SIGINT);
  run.send(SIGTERM);
  run.send(SIGCONT);
  const process_result r = run.wait();
  CHECK((r.signal == SIGINT || r.signal == SIGTERM));
  check_whole_checkpoints(p.run());
}

TEST_CASE("train: what a killed run left half-written is gone after the next start",
          "[programs][train_killed]") {
  const train_program p;
  require_success(p.train({"--epochs", "2", "--save_interval_steps", "5"}));
  const run_files run = p.run();
  const std::string end = file_content(run.last() / "model.safetensors");
  run.rewind(10);
  fs::create_directories(run.directory / "step_00000015.tmp.4711");
  write_file(run.directory / "step_00000015.tmp.4711" / "model.safetensors", "half");
  write_file(run.directory / "log.jsonl.tmp.4711", "half");
  write_file(run.directory / "log.jsonl",
             file_content(run.directory / "log.jsonl") + "{\"step\": 2");
  fs::create_directory_symlink("step_00000015", run.directory / "last.tmp");
  fs::rename(run.step(5),
             run.directory / "step_00000005.old.4711");  // killed while it was replaced
  fs::rename(run.step(10), run.directory / "step_00000010.old.4711");

  require_success(p.resume());
  CHECK_FALSE(has_leftovers(run));
  CHECK((file_content(run.last() / "model.safetensors") == end));
  CHECK(run.steps() ==
        std::set<std::string>{"step_00000005", "step_00000010", "step_00000015", "step_00000020"});
  CHECK(run.log().size() == 20);
}

TEST_CASE("train: a run killed between its first checkpoint and the link to it is resumed",
          "[programs][train_killed]") {
  const train_program p;
  require_success(p.train({"--save_interval_steps", "5", "--save_interval", "0"}));
  p.run().rewind(5);
  fs::remove(p.run().directory / "last");
  const process_result r =
      p.train({"--save_interval_steps", "5", "--save_interval", "0", "--resume", "auto"});
  require_success(r);
  CHECK_THAT(r.out, contains("resumed at step 5"));
  CHECK(p.run().last() == p.run().step(10));
}

TEST_CASE("train: what a kill right after a checkpoint left undone is done by the next start",
          "[programs][train_killed]") {
  const train_program p;
  require_success(p.train({"--save_interval", "5", "--save_interval_steps", "2"}));
  const run_files run = p.run();
  REQUIRE(run.best() == run.step(10));
  fs::remove(run.directory / "best");
  fs::create_directory_symlink("step_00000005", run.directory / "best");
  require_success(p.resume({"--keep_checkpoint_max", "2"}));
  CHECK(run.best() == run.step(10));
  CHECK(run.steps() == std::set<std::string>{"step_00000008", "step_00000010"});
}

TEST_CASE("train: two at once in one folder: the second is refused and harms nothing",
          "[programs][train_killed]") {
  const train_program p;
  require_success(p.train({"--save_interval_steps", "5"}));
  p.run().rewind(5);
  fs::create_directories(p.run().directory /
                         "step_00000007.tmp.1");  // as if the first were writing it
  const int lock = ::open((p.run().directory / ".lock").c_str(), O_RDWR);
  REQUIRE(::flock(lock, LOCK_EX) == 0);
  check_error(p.resume(), 1,
              {"another run writes to " + p.run().directory.string(), "wait for it"});
  check_error(p.train({"--overwrite"}), 1, {"another run writes to", "another folder"});
  CHECK(fs::exists(p.run().directory / "step_00000007.tmp.1"));
  CHECK(p.run().last() == p.run().step(5));
  ::close(lock);
  require_success(p.resume());
}

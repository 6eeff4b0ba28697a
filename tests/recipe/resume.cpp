// A run in a folder goes on by itself: killed, stopped or ended, it ends in the same bits.
#include "support/catch.hpp"
#include "support/killed_run.hpp"
#include "support/shared_models.hpp"
#include "support/temp_dir.hpp"
#include "support/toy_data.hpp"
#include <zer0/device/cpu.hpp>
#include <zer0/model/model.hpp>
#include <zer0/recipe/hook/early_stopping.hpp>
#include <zer0/recipe/hook/stop_on_signals.hpp>
#include <zer0/recipe/hook/validation.hpp>
#include <zer0/recipe/pretrain.hpp>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <string>

using namespace zer0;
namespace fs = std::filesystem;

namespace {

using model_type = model<decoder<>, cpu>;

constexpr dims sizes{.dim = 8,
                     .n_layers = 1,
                     .n_heads = 2,
                     .vocab_size = 30,
                     .max_seq_len = 8,
                     .hidden_dim = 16,
                     .dropout = 0.1};
const pretrain recipe{
    .epochs = 3, .accumulation_steps = 3, .learning_rate = 1e-2, .warmup_iters = 2};

std::string content(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// The program of the README with a small model: what a process that is killed runs.
training_report run_in(const fs::path& folder, auto&&... hooks) {
  model_type llm(sizes);
  llm.initialize(1);
  support::toy_data data(20);
  support::toy_data held_out(2);
  return recipe(llm, data, run_folder(folder), validation(held_out, 4), json_log(1),
                checkpoints({.save_interval_steps = 3, .keep_checkpoint_max = 2}), hooks...);
}

/// Asks to stop after that many micro-batches.
struct stopper {
  int left;
  mutable int asked = 0;
  void operator()(const auto&, const step_report&) const {}
  [[nodiscard]] bool asks_to_stop() const { return ++asked >= left; }
};

void check_same_end(const fs::path& one, const fs::path& other) {
  for (const char* file : {"model.safetensors", "optimizer.safetensors"}) {
    REQUIRE(fs::exists(one / "last" / file));
    CHECK((content(one / "last" / file) == content(other / "last" / file)));
  }
  CHECK(fs::read_symlink(one / "last") == fs::read_symlink(other / "last"));
  CHECK(fs::read_symlink(one / "best") == fs::read_symlink(other / "best"));
}

}  // namespace

TEST_CASE("resume: the process that is killed", "[.][killed_process]") {
  const char* folder = std::getenv("ZER0_TEST_RUN");
  if (folder != nullptr) CHECK(run_in(folder, stop_on_signals()).complete);  // else it is not one
}

TEST_CASE("resume: killed at fifty random moments, a run ends in the same bits",
          "[recipe][resume]") {
  const support::temp_dir dir;
  const fs::path whole = dir / "whole", killed = dir / "killed";
  support::check_killed_run("[killed_process]", whole, killed, 50,
                            [&] { check_same_end(whole, killed); });
}

TEST_CASE(
    "resume: a run asked to stop within a step gives that step up, saves, and goes on to the same "
    "bits",
    "[recipe][resume]") {
  const support::temp_dir dir;
  CHECK(run_in(dir / "whole").complete);
  index_t steps = 0;
  for (int runs = 0;; ++runs) {
    REQUIRE(runs < 30);
    const training_report report =
        run_in(dir / "stopped", stopper{5});  // one whole step and two thirds of the next
    steps += report.steps;
    if (report.complete) break;
    CHECK(report.steps >= 1);
    CHECK(read_training_state(dir / "stopped/last").step == steps);
  }
  CHECK(steps == 21);
  check_same_end(dir / "whole", dir / "stopped");
}

TEST_CASE(
    "resume: the first signal stops the run, the second one ends the process as if nobody had "
    "listened",
    "[recipe][resume]") {
  const support::temp_dir dir;
  void (*const before)(int) = std::signal(SIGTERM, SIG_IGN);
  const training_report report =
      run_in(dir / "a", stop_on_signals(), [](const auto&, const step_report& step) {
        if (step.step == 4) std::raise(SIGTERM);
      });
  CHECK_FALSE(report.complete);
  CHECK(report.steps == 4);  // the fifth was given up
  CHECK(stop_on_signals::received() == SIGTERM);
  CHECK(std::signal(SIGTERM, before) == SIG_IGN);  // given back
  CHECK(read_training_state(dir / "a/last").step == 4);

  support::process process(support::run_of_case("[killed_process]", dir / "b"));
  REQUIRE(process.wait_until([&] { return fs::exists(dir / "b/last"); }));
  process.send(SIGSTOP);  // so that both come within one micro-batch
  process.send(SIGINT);
  process.send(SIGTERM);
  process.send(SIGCONT);
  const int signal = process.wait().signal;
  CHECK((signal == SIGINT || signal == SIGTERM));
}

TEST_CASE("resume: a run that has ended takes no step more", "[recipe][resume]") {
  const support::temp_dir dir;
  CHECK(run_in(dir.path()).steps == 21);
  const std::string log = content(dir / "log.jsonl");
  const training_report again = run_in(dir.path());
  CHECK(again.steps == 0);
  CHECK(again.complete);
  CHECK(content(dir / "log.jsonl") == log);
}

TEST_CASE("resume: other settings, another model and other data are refused by name",
          "[recipe][resume]") {
  const support::temp_dir dir;
  (void)run_in(dir.path());
  const auto refusal = [&](const pretrain& changed, const dims& d, index_t batches) -> std::string {
    model_type llm(d);
    llm.initialize(1);
    support::toy_data data(batches);
    try {
      changed(llm, data, run_folder(dir.path()));
    } catch (const error& e) {
      return e.what();
    }
    return "accepted";
  };
  const auto changed = [](auto change) {
    pretrain other = recipe;
    change(other);
    return other;
  };
  CHECK(refusal(recipe, sizes, 20) == "accepted");
  CHECK(refusal(changed([](pretrain& r) { r.learning_rate = 0.02; }), sizes, 20) ==
        "learning_rate is 0.02, but the run in " + dir.path().string() +
            " was begun with 0.01; give the same, or begin in another folder");
  CHECK_THAT(refusal(changed([](pretrain& r) { r.epochs = 4; }), sizes, 20),
             support::contains("epochs is 4, but"));
  CHECK_THAT(refusal(changed([](pretrain& r) { r.seed = 7; }), sizes, 20),
             support::contains("seed is 7, but"));
  CHECK_THAT(refusal(recipe, sizes, 21), support::contains("batches_per_epoch is 21, but"));
  dims wider = sizes;
  wider.hidden_dim = 24;
  CHECK_THAT(refusal(recipe, wider, 20),
             support::contains("hidden_dim of the checkpoint is 16, of the model 24"));
}

TEST_CASE("resume: early stopping ends a run for good, and counts on where it was killed",
          "[recipe][resume]") {
  const support::temp_dir dir;
  const auto losses_of = [&](const fs::path& folder) {
    std::vector<double> losses;
    std::ifstream log(folder / "log.jsonl");
    for (std::string line; std::getline(log, line);)
      if (const auto at = line.find("\"val_loss\":"); at != std::string::npos)
        losses.push_back(std::stod(line.substr(at + 11)));
    return losses;
  };
  const auto train_in = [&](const fs::path& folder, index_t stop_at) {
    model_type llm(sizes);
    llm.initialize(1);
    support::toy_data data(20);
    support::toy_data held_out(2);
    return recipe(
        llm, data, run_folder(folder), early_stopping({.patience = 2, .least_gain = 0.5}),
        validation(held_out, 2), json_log(1), checkpoints({.save_interval_steps = 1}),
        [&](auto& run, const step_report& step) { run.stop = run.stop || step.step == stop_at; });
  };
  const training_report report = train_in(dir / "whole", 0);
  CHECK_FALSE(report.complete);
  const std::vector<double> losses = losses_of(dir / "whole");
  double best = losses.front();
  std::size_t misses = 0, looks = 1;
  for (; misses < 2 && looks < losses.size(); ++looks) {
    misses = losses[looks] < best - 0.5 ? 0 : misses + 1;
    best = std::min(best, losses[looks]);
  }
  CHECK(misses == 2);
  CHECK(losses.size() == looks);
  CHECK(report.steps == static_cast<index_t>(2 * looks));
  CHECK(train_in(dir / "whole", 0).steps == 0);
  (void)train_in(dir / "parts", report.steps - 1);
  CHECK(train_in(dir / "parts", 0).steps == 1);
  check_same_end(dir / "whole", dir / "parts");
}

TEST_CASE("resume: hooks that lack what they need say so before the first step",
          "[recipe][resume]") {
  const support::temp_dir dir;
  model_type llm(sizes);
  llm.initialize(1);
  support::toy_data data(20);
  CHECK_THROWS_WITH(recipe(llm, data, checkpoints()), support::contains("the run has no folder"));
  CHECK_THROWS_WITH(recipe(llm, data, json_log()), support::contains("the run has no folder"));
  CHECK_THROWS_WITH(recipe(llm, data, early_stopping()),
                    support::contains("no validation to wait for"));
  CHECK_THROWS_WITH(early_stopping({.patience = 0}), support::contains("patience is 0"));
  CHECK_THROWS_WITH(checkpoints({.keep_checkpoint_max = 0}),
                    support::contains("keep_checkpoint_max is 0"));
}

TEST_CASE("resume: without a folder nothing is written", "[recipe][resume]") {
  const support::temp_dir dir;
  const fs::path before = fs::current_path();
  fs::current_path(dir.path());
  model_type llm(sizes);
  llm.initialize(1);
  support::toy_data data(20);
  (void)recipe(llm, data);
  CHECK(fs::is_empty(dir.path()));
  fs::current_path(before);
}

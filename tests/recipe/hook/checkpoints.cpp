#include "support/catch.hpp"
#include "support/temp_dir.hpp"
#include "support/toy_data.hpp"
#include <zer0/device/cpu.hpp>
#include <zer0/model/model.hpp>
#include <zer0/recipe/hook/checkpoints.hpp>
#include <zer0/recipe/trainer.hpp>
#include <zer0/recipe/training_loop.hpp>

#include <nlohmann/json.hpp>

#include <fstream>
#include <set>

namespace {

using model_type = zer0::model<zer0::decoder<>, zer0::cpu>;
using trainer_type = zer0::trainer<model_type>;

/// A run of 12 steps.
struct setup {
  model_type model{{.dim = 8,
                    .n_layers = 1,
                    .n_heads = 2,
                    .vocab_size = 30,
                    .max_seq_len = 8,
                    .multiple_of = 8}};
  trainer_type trainer{model, {}, {}, {}, {.learning_rate = 1e-2}};
  support::toy_data data{12};
  zer0::training_run<trainer_type, support::toy_data> run{trainer, data};
  support::temp_dir dir;

  setup() { model.initialize(1); }
  template <class... Hooks>
  zer0::training_report train(Hooks&&... hooks) {
    return zer0::train(run, zer0::run_folder(dir.path()), hooks...);
  }
  [[nodiscard]] std::set<std::string> names() const {
    std::set<std::string> all;
    for (const auto& e : std::filesystem::directory_iterator(dir.path()))
      if (e.path().filename().string().front() != '.' && e.path().filename() != "log.jsonl")
        all.insert(e.path().filename().string());
    return all;
  }
  [[nodiscard]] std::string target(const char* link) const {
    return std::filesystem::read_symlink(dir / link).string();
  }
};

using names = std::set<std::string>;

/// Validates every `interval` steps to losses that are known.
struct known_losses {
  static constexpr zer0::hook_order order = zer0::hook_order::first;
  zer0::index_t interval;
  std::vector<double> losses;
  std::size_t looks = 0;

  void begin(auto& run) { run.validates = true; }
  void operator()(auto& run, const zer0::step_report& step) {
    if (step.step % interval == 0) run.validation = zer0::evaluation{losses.at(looks++), 1};
  }
};

/// Counts steps, and keeps the count in checkpoints.
struct counter {
  int count = 0, loaded = -1;
  void operator()(const auto&, const zer0::step_report&) { ++count; }
  void save(const std::filesystem::path& folder) const { std::ofstream(folder / "count") << count; }
  void load(const std::filesystem::path& folder) { std::ifstream(folder / "count") >> loaded; }
};

/// Stops after that step.
auto stop_at(zer0::index_t last) {
  return [last](auto& run, const zer0::step_report& step) {
    run.stop = run.stop || step.step == last;
  };
}

}  // namespace

TEST_CASE("checkpoints: best follows the validation loss, last the newest",
          "[recipe][checkpoints]") {
  setup s;
  known_losses validation{3, {3, 2, 5, 4}};
  zer0::checkpoints hook({.save_interval = 1, .save_interval_steps = 0});
  s.train(hook, validation);
  CHECK(s.target("best") == "step_00000006");
  CHECK(s.target("last") == "step_00000012");
  CHECK(hook.best_loss() == 2);
  CHECK(s.names() == names{"best", "last", "step_00000003", "step_00000006", "step_00000012"});
}

TEST_CASE("checkpoints: at most keep_checkpoint_max stay, best and last among them",
          "[recipe][checkpoints]") {
  setup s;
  s.train(known_losses{2, {1, 2, 2, 2, 2, 2}},
          zer0::checkpoints({.save_interval_steps = 1, .keep_checkpoint_max = 3}));
  CHECK(s.target("best") == "step_00000002");
  CHECK(s.names() == names{"best", "last", "step_00000002", "step_00000011", "step_00000012"});
}

TEST_CASE("checkpoints: without validation the mean training loss of the interval decides",
          "[recipe][checkpoints]") {
  setup s;
  double sum = 0, best = 1e9;
  zer0::checkpoints hook({.save_interval = 4, .save_interval_steps = 0, .save_last = false});
  s.train(hook, [&](const auto&, const zer0::step_report& step) {
    sum += step.loss;
    if (step.step % 4 != 0) return;
    best = std::min(best, sum / 4);
    sum = 0;
  });
  CHECK(hook.best_loss() == Catch::Approx(best));
}

TEST_CASE(
    "checkpoints: save_best_only false writes at every look; save_last false leaves the end out",
    "[recipe][checkpoints]") {
  setup s;
  s.train(
      known_losses{5, {1, 1}},
      zer0::checkpoints({.save_interval_steps = 0, .save_best_only = false, .save_last = false}));
  CHECK(s.names() == names{"best", "last", "step_00000005", "step_00000010"});
}

TEST_CASE("checkpoints: a stopped run leaves one to go on from", "[recipe][checkpoints]") {
  setup s;
  s.train(stop_at(5), zer0::checkpoints({.save_interval = 0, .save_interval_steps = 0}));
  CHECK(s.names() == names{"last", "step_00000005"});
  const auto state = zer0::read_training_state(s.dir / "last");
  CHECK(state.step == 5);
  CHECK(state.batch == 5);
}

TEST_CASE(
    "checkpoints: a run that goes on compares with the best loss, and averages the interval, of "
    "the run so far",
    "[recipe][checkpoints]") {
  const zer0::checkpoint_options options{
      .save_interval = 4, .save_interval_steps = 6, .save_last = false};
  setup whole;
  zer0::checkpoints in_one(options);
  whole.train(in_one);
  setup s;
  s.train(stop_at(6), zer0::checkpoints(options));
  const auto state = zer0::read_training_state(s.dir / "last");
  CHECK(state.step == 6);
  CHECK(state.run->at("interval_counted") == 2 * 14);  // steps 5 and 6
  setup other;
  zer0::checkpoints hook(options);
  zer0::train(other.run, zer0::run_folder(s.dir.path()), hook);
  CHECK(hook.best_loss() == in_one.best_loss());
  CHECK(s.names() == whole.names());
}

TEST_CASE("checkpoints: what a kill right after one left undone is done when the run goes on",
          "[recipe][checkpoints]") {
  setup s;
  s.train(known_losses{5, {2, 1}}, stop_at(10), zer0::checkpoints({.save_interval_steps = 2}));
  REQUIRE(s.target("best") == "step_00000010");
  std::filesystem::remove(s.dir / "best");
  std::filesystem::create_directory_symlink("step_00000005", s.dir / "best");
  setup other;
  zer0::train(
      other.run, zer0::run_folder(s.dir.path()), known_losses{5, {}}, stop_at(11),
      zer0::checkpoints({.save_interval_steps = 0, .save_last = false, .keep_checkpoint_max = 2}));
  CHECK(s.target("best") == "step_00000010");
  CHECK(s.names() == names{"best", "last", "step_00000008", "step_00000010"});
}

TEST_CASE("checkpoints: one that cannot be written is a warning, and training goes on",
          "[recipe][checkpoints]") {
  setup s;
  const auto report = s.train(zer0::checkpoints({.save_interval = 4, .save_interval_steps = 2}),
                              [&](const auto&, const zer0::step_report& step) {
                                if (step.step != 3)
                                  return;  // a file stands where the next one is to be
                                std::filesystem::create_directories(s.dir / "step_00000004.tmp");
                                std::ofstream(s.dir / "last.tmp");
                                std::filesystem::remove_all(s.dir / "last");
                                std::filesystem::create_directories(s.dir / "last" / "in the way");
                              });
  CHECK(report.steps == 12);
  CHECK(std::filesystem::is_directory(s.dir / "step_00000012"));
}

TEST_CASE("checkpoints: what other hooks save is in each, and comes back when the run goes on",
          "[recipe][checkpoints]") {
  setup s;
  counter first;
  s.train(zer0::checkpoints({.save_interval_steps = 2}), first,
          stop_at(7));  // it is saved after it has counted
  CHECK(first.loaded == -1);
  setup other;
  counter second;
  zer0::train(other.run, zer0::run_folder(s.dir.path()), second);
  CHECK(second.loaded == 7);
  CHECK(second.count == 5);
}

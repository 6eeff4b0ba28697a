#include "support/catch.hpp"
#include "support/temp_dir.hpp"
#include "support/toy_data.hpp"
#include <zer0/device/cpu.hpp>
#include <zer0/io/detail/json_file.hpp>
#include <zer0/recipe/hook/checkpoints.hpp>

#include <set>

namespace {

using model_type = zer0::model<zer0::decoder<>, zer0::cpu>;
using trainer_type = zer0::trainer<model_type>;

struct setup {
  model_type model{{.dim = 8, .n_layers = 1, .n_heads = 2, .vocab_size = 30, .max_seq_len = 8, .multiple_of = 8}};
  trainer_type trainer{model, {.total_steps = 12}, {}, {}, {.learning_rate = 1e-2}};
  support::toy_data data{12};
  zer0::training_run<trainer_type, support::toy_data> run{trainer, data};
  support::temp_dir dir;

  setup() { model.initialize(1); }
  [[nodiscard]] std::set<std::string> names() const {
    std::set<std::string> all;
    for (const auto& e : std::filesystem::directory_iterator(dir.path())) all.insert(e.path().filename().string());
    return all;
  }
  [[nodiscard]] std::string target(const char* link) const {
    return std::filesystem::read_symlink(dir / link).string();
  }
};

using names = std::set<std::string>;

}  // namespace

TEST_CASE("checkpoints: best follows the validation loss, last the newest", "[recipe][checkpoints]") {
  setup s;
  std::vector<double> losses{3, 2, 5, 4};  // looks after steps 3, 6, 9, 12
  std::size_t look = 0;
  zer0::checkpoints hook({.directory = s.dir.path(), .save_interval = 3, .save_interval_steps = 0},
                         [&] { return losses.at(look++); });
  zer0::train(s.run, hook);
  CHECK(look == 4);
  CHECK(s.target("best") == "step_00000006");
  CHECK(s.target("last") == "step_00000012");
  CHECK(hook.best_loss() == 2);
  CHECK(s.names() == names{"best", "last", "step_00000003", "step_00000006", "step_00000012"});
}

TEST_CASE("checkpoints: at most keep_checkpoint_max stay, best and last among them", "[recipe][checkpoints]") {
  setup s;
  std::size_t look = 0;
  zer0::checkpoints hook(
      {.directory = s.dir.path(), .save_interval = 2, .save_interval_steps = 1, .keep_checkpoint_max = 3},
      [&] { return look++ == 0 ? 1.0 : 2.0; });
  zer0::train(s.run, hook);
  CHECK(s.target("best") == "step_00000002");
  CHECK(s.names() == names{"best", "last", "step_00000002", "step_00000011", "step_00000012"});
}

TEST_CASE("checkpoints: without validation the mean training loss of the interval decides", "[recipe][checkpoints]") {
  setup s;
  double sum = 0;
  zer0::checkpoints hook({.directory = s.dir.path(), .save_interval = 4, .save_interval_steps = 0, .save_last = false});
  zer0::train(s.run, hook, [&](const auto&, const zer0::step_report& step) {
    sum += step.loss;
    if (step.step % 4 != 0) return;
    CHECK(hook.measured().value() == Catch::Approx(sum / 4));
    sum = 0;
  });
}

TEST_CASE("checkpoints: save_best_only false writes at every look; save_last false leaves the end out",
          "[recipe][checkpoints]") {
  setup s;
  zer0::checkpoints hook({.directory = s.dir.path(),
                          .save_interval = 5,
                          .save_interval_steps = 0,
                          .save_best_only = false,
                          .save_last = false},
                         [] { return 1.0; });
  zer0::train(s.run, hook);
  CHECK(s.names() ==
        names{"best", "last", "step_00000005", "step_00000010", "step_00000012"});  // the end is a look, too
}

TEST_CASE("checkpoints: a stopped run leaves one to go on from", "[recipe][checkpoints]") {
  setup s;
  zer0::checkpoints hook({.directory = s.dir.path(), .save_interval = 0, .save_interval_steps = 0});
  zer0::train(
      s.run, [](auto& run, const zer0::step_report& step) { run.stop = step.step == 5; }, hook);
  CHECK(s.names() == names{"last", "step_00000005"});
  const auto state = zer0::read_training_state(s.dir / "last");
  CHECK(state.step == 5);
  CHECK(state.batch == 5);
}

TEST_CASE("checkpoints: restore goes on with the best loss and the interval of the run so far",
          "[recipe][checkpoints]") {
  setup s;
  zer0::checkpoints first(
      {.directory = s.dir.path(), .save_interval = 4, .save_interval_steps = 6, .save_last = false});
  zer0::train(
      s.run, [](auto& run, const zer0::step_report& step) { run.stop = step.step == 6; }, first);
  const auto state = zer0::read_training_state(s.dir / "last");
  CHECK(state.step == 6);
  CHECK(state.run->at("interval_counted") == 2 * 14);  // steps 5 and 6
  zer0::checkpoints second({.directory = s.dir.path()});
  second.restore(state);
  CHECK(second.best_loss() == first.best_loss());
}

TEST_CASE("checkpoints: a checkpoint that cannot be written is a warning, and training goes on",
          "[recipe][checkpoints]") {
  setup s;
  zer0::checkpoints hook({.directory = "/proc/no_such_place", .save_interval = 4, .save_interval_steps = 2});
  const auto report = zer0::train(s.run, hook);
  CHECK(report.steps == 12);
}

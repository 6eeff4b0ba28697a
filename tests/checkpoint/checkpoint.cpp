#include "support/catch.hpp"
#include "support/devices.hpp"
#include "support/shared_models.hpp"
#include "support/temp_dir.hpp"
#include "support/toy_data.hpp"
#include <zer0/checkpoint/checkpoint.hpp>
#include <zer0/file/detail/json.hpp>
#include <zer0/recipe/training_loop.hpp>

#include <fstream>

using support::contains;

namespace {

const zer0::dims sizes{.dim = 16,
                       .n_layers = 2,
                       .n_heads = 2,
                       .vocab_size = 30,
                       .max_seq_len = 8,
                       .multiple_of = 8,
                       .dropout = 0.2};

template <class Device>
struct setup {
  using model_type = zer0::model<zer0::decoder<>, Device>;
  model_type model{sizes};
  zer0::trainer<model_type> trainer{
      model,
      // in float16 it skips steps, and finds its scale again and again
      {.total_steps = 21, .loss_scale = {.initial = 0x1p20, .growth_interval = 3}},
      {},
      {},
      {.learning_rate = 1e-2, .warmup = 3}};
  support::toy_data data{20};
  zer0::training_run<zer0::trainer<model_type>, support::toy_data> run{trainer, data, 3, 3};

  setup() { model.initialize(5); }
  std::vector<double> weights() {
    using real = typename Device::real;
    std::vector<real> host(model.weights().size());
    download(model.device(), std::span<const real>(model.weights()), host.data());
    std::vector<double> out;
    for (const real w : host) out.push_back(static_cast<double>(w));
    return out;
  }
};

using resumed_devices =
    std::conditional_t<support::emulated, support::judged_devices, support::all_devices>;

}  // namespace

TEMPLATE_LIST_TEST_CASE(
    "checkpoint: a run resumed at any step ends in the same weights, bit for bit",
    "[io][checkpoint]", resumed_devices) {
  setup<TestType> whole;
  zer0::train(whole.run);
  using list = std::vector<zer0::index_t>;
  // 7 steps an epoch, the last of two micro-batches
  for (const zer0::index_t at : support::emulated ? list{4, 13} : list{1, 6, 7, 13, 20}) {
    const support::temp_dir dir;
    setup<TestType> first;
    zer0::train(first.run, [&](auto& run, const zer0::step_report& step) {
      if (step.step != at) return;
      run.stop = true;
      zer0::save_checkpoint(
          first.trainer, {step.step, run.epoch, run.batch, first.trainer.micro_steps()}, dir / "c");
    });
    setup<TestType> second;
    second.model.initialize(99);
    const zer0::training_state state = zer0::load_checkpoint(second.trainer, dir / "c");
    CHECK(state.step == at);
    second.run.epoch = state.epoch;
    second.run.batch = state.batch;
    zer0::train(second.run);
    CHECK(second.trainer.optimizer().steps == whole.trainer.optimizer().steps);
    if (!std::is_same_v<TestType, zer0::reference>) {
      CHECK(second.weights() == whole.weights());
    } else {  // weights pass through float32 files on a device of doubles
      double worst = 0;
      for (std::size_t i = 0; i < whole.weights().size(); ++i)
        worst = std::max(worst, std::abs(whole.weights()[i] - second.weights()[i]));
      CHECK(worst < 1e-4);
    }
  }
}

TEST_CASE("checkpoint: what the owner put in comes back, and extra files lie beside",
          "[io][checkpoint]") {
  const support::temp_dir dir;
  std::ofstream(dir / "tokenizer.json") << "{}";
  setup<support::float_device> s;
  zer0::training_state state{.step = 4, .epoch = 1, .batch = 2, .micro_steps = 9};
  (*state.run)["best_loss"] = 1.25;
  zer0::save_checkpoint(s.trainer, state, dir / "c", {dir / "tokenizer.json"});
  const zer0::training_state back = zer0::read_training_state(dir / "c");
  CHECK(back.epoch == 1);
  CHECK(back.batch == 2);
  CHECK(back.micro_steps == 9);
  CHECK((*back.run)["best_loss"] == 1.25);
  CHECK(std::filesystem::exists(dir / "c" / "tokenizer.json"));
}

TEST_CASE("checkpoint: one of other sizes is refused by the first of them", "[io][checkpoint]") {
  const support::temp_dir dir;
  setup<support::float_device> s;
  zer0::save_checkpoint(s.trainer, {}, dir / "c");
  zer0::dims other = sizes;
  other.dim = 24;
  zer0::model<zer0::decoder<>, support::float_device> m(other);
  zer0::trainer<zer0::model<zer0::decoder<>, support::float_device>> t(m);
  CHECK_THROWS_WITH(zer0::load_checkpoint(t, dir / "c"),
                    contains("dim of the checkpoint is 16, of the model 24"));
}

TEST_CASE("checkpoint: a file that cannot be copied leaves nothing of the name",
          "[io][checkpoint]") {
  const support::temp_dir dir;
  setup<support::float_device> s;
  CHECK_THROWS_WITH(zer0::save_checkpoint(s.trainer, {}, dir / "c", {dir / "none"}),
                    contains("none"));
  CHECK(std::filesystem::is_empty(dir.path()));
}

TEST_CASE("checkpoint: a damaged training_state.json is refused with its key", "[io][checkpoint]") {
  const support::temp_dir dir;
  setup<support::float_device> s;
  zer0::save_checkpoint(s.trainer, {}, dir / "c");
  nlohmann::json j = zer0::detail::read_json_file(dir / "c" / "training_state.json");
  j.erase("epoch");
  zer0::detail::write_json_file(dir / "c" / "training_state.json", j);
  CHECK_THROWS_WITH(zer0::load_checkpoint(s.trainer, dir / "c"), contains("has no key \"epoch\""));
  j["format"] = 2;
  zer0::detail::write_json_file(dir / "c" / "training_state.json", j);
  CHECK_THROWS_WITH(zer0::load_checkpoint(s.trainer, dir / "c"), contains("format 2"));
}

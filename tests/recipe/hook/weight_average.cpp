#include "support/catch.hpp"
#include "support/devices.hpp"
#include "support/killed_run.hpp"
#include "support/random_numbers.hpp"
#include "support/shared_models.hpp"
#include "support/temp_dir.hpp"
#include "support/toy_data.hpp"
#include <zer0/checkpoint/checkpoint.hpp>
#include <zer0/checkpoint/model_files.hpp>
#include <zer0/optim/muon.hpp>
#include <zer0/optim/schedule/warmup_stable_decay.hpp>
#include <zer0/recipe/hook/weight_average.hpp>
#include <zer0/recipe/pretrain.hpp>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <vector>

using namespace zer0;
namespace fs = std::filesystem;

namespace {

using numbers = std::vector<double>;

template <class D>
using model_on = model<decoder<>, D>;

const dims sizes{.dim = 8,
                 .n_layers = 1,
                 .n_heads = 2,
                 .vocab_size = 30,
                 .max_seq_len = 8,
                 .hidden_dim = 16,
                 .dropout = 0.1};
const pretrain recipe{
    .epochs = 3, .accumulation_steps = 3, .learning_rate = 1e-2, .warmup_iters = 2};

template <class T, class D>
numbers host(D& d, std::span<T> from) {
  std::vector<std::remove_const_t<T>> copy(from.size());
  download(d, std::span<const T>(from), copy.data());
  numbers out;
  for (const T x : copy) out.push_back(static_cast<double>(x));
  return out;
}
template <class M>
numbers weights_of(M& m) {
  return host(m.device(), m.trained_weights());
}
template <class M>
numbers values_of(M& m, const weight_average<M>& average) {
  return host(m.device(), average.values());
}
template <class M>
void set_weights(M& m, std::uint32_t seed) {
  const numbers n = support::normal_numbers(static_cast<index_t>(m.trained_weights().size()), seed);
  upload(m.device(), std::span<const double>(n), m.trained_weights());
}

/// What is left of the average after `steps` steps, by TensorFlow's rule or without it.
double kept(const weight_average_options& options, double steps) {
  return options.warmup ? std::min(options.decay, (1 + steps) / (10 + steps)) : options.decay;
}

std::string content(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// What a process that is killed runs: 21 steps, a checkpoint at every third.
template <class D>
training_report run_in(const fs::path& folder) {
  model_on<D> llm(sizes);
  llm.initialize(1);
  support::toy_data data(20);
  weight_average average(llm, {.decay = 0.8});
  return recipe(llm, data, run_folder(folder), average, json_log(1),
                checkpoints({.save_interval_steps = 3, .keep_checkpoint_max = 2}));
}

void check_same_end(const fs::path& one, const fs::path& other) {
  for (const char* file : {"model.safetensors", "optimizer.safetensors", "average.safetensors"}) {
    REQUIRE(fs::exists(one / "last" / file));
    CHECK((content(one / "last" / file) == content(other / "last" / file)));
  }
}

}  // namespace

TEMPLATE_LIST_TEST_CASE(
    "weight_average: it is the sum of all weights by their ages, the first ones as if they had "
    "always been",
    "[recipe][hook][weight_average]", support::judged_devices) {
  for (const weight_average_options options :
       {weight_average_options{.decay = 0.75}, weight_average_options{.decay = 0},
        weight_average_options{.decay = 0.4, .warmup = true},
        weight_average_options{.decay = 0.999, .warmup = true}}) {
    model_on<TestType> m(sizes);
    weight_average average(m, options);
    std::vector<numbers> seen;
    for (std::uint32_t k = 0; k < 6; ++k) {
      set_weights(m, k);
      seen.push_back(weights_of(m));
      average.update();
      numbers expected(seen[0].size());
      for (std::size_t i = 0; i < seen.size(); ++i) {
        double share = i == 0 ? 1 : 1 - kept(options, static_cast<double>(i));
        for (std::size_t later = i + 1; later < seen.size(); ++later)
          share *= kept(options, static_cast<double>(later));
        for (std::size_t j = 0; j < expected.size(); ++j) expected[j] += share * seen[i][j];
      }
      INFO("step " << k + 1);
      CHECK(average.steps() == k + 1);
      CHECK(support::difference(values_of(m, average), expected) < 1e-6);
    }
  }
}

TEMPLATE_LIST_TEST_CASE(
    "weight_average: swap gives the model the average, and then its own weights, the same bits",
    "[recipe][hook][weight_average]", support::judged_devices) {
  using real = typename TestType::real;
  model_on<TestType> m(sizes);
  weight_average average(m, {.decay = 0.75});
  CHECK_THROWS_WITH(average.swap(), support::contains("no step has been averaged"));
  for (std::uint32_t k = 0; k < 3; ++k) {
    set_weights(m, k);
    average.update();
  }
  const numbers own = weights_of(m), averaged = values_of(m, average);
  model_on<TestType> rounded(sizes);
  upload(rounded.device(), std::span<const double>(averaged), rounded.trained_weights());
  for (int i = 0; i < 2; ++i) {
    CHECK_FALSE(average.swapped());
    average.swap();
    CHECK(average.swapped());
    CHECK(weights_of(m) == weights_of(rounded));
    CHECK((weights_of(m) == averaged) == std::same_as<real, wide<real>>);
    average.swap();
    CHECK(weights_of(m) == own);
    CHECK(values_of(m, average) == averaged);
  }
}

TEST_CASE(
    "weight_average: a model that has the average is neither trained nor saved as if it had its "
    "own weights",
    "[recipe][hook][weight_average]") {
  const support::temp_dir dir;
  model_on<support::float_device> m(sizes);
  m.initialize(1);
  weight_average average(m);
  average.update();
  average.swap();
  const std::string message = "call swap() again";
  support::toy_data data(3);
  const numbers before = weights_of(m);
  CHECK_THROWS_WITH(recipe(m, data, average), support::contains(message));
  CHECK(weights_of(m) == before);
  CHECK_THROWS_WITH(average.update(), support::contains(message));
  CHECK_THROWS_WITH(average.save(dir.path()), support::contains(message));
  CHECK(fs::is_empty(dir.path()));
}

TEST_CASE("weight_average: a decay that does not average is refused",
          "[recipe][hook][weight_average]") {
  model_on<support::float_device> m(sizes);
  CHECK_THROWS_WITH(weight_average(m, {.decay = 1}), support::contains("decay is 1; it must be"));
  CHECK_THROWS_WITH(weight_average(m, {.decay = -0.1}), support::contains("decay is -0.1"));
  CHECK_THROWS_WITH(weight_average(m, {.decay = std::nan("")}), support::contains("decay is nan"));
}

TEMPLATE_LIST_TEST_CASE(
    "weight_average: save and load keep every bit, and where the average stands",
    "[recipe][hook][weight_average]", support::judged_devices) {
  const support::temp_dir dir;
  model_on<TestType> m(sizes);
  weight_average average(m, {.decay = 0.9, .warmup = true});
  average.save(dir.path());
  CHECK(fs::is_empty(dir.path()));  // there is none yet
  average.load(dir.path());
  CHECK(average.steps() == 0);
  for (std::uint32_t k = 0; k < 3; ++k) {
    set_weights(m, k);
    average.update();
  }
  average.save(dir.path());
  weight_average other(m, {.decay = 0.9, .warmup = true});
  other.load(dir.path());
  CHECK(other.steps() == 3);
  CHECK(values_of(m, other) == values_of(m, average));
  set_weights(m, 9);
  average.update();
  other.update();
  CHECK(values_of(m, other) == values_of(m, average));

  dims wider = sizes;
  wider.hidden_dim = 24;
  model_on<TestType> larger(wider);
  weight_average of_larger(larger);
  CHECK_THROWS_WITH(of_larger.load(dir.path()), support::contains("belongs to another model"));
}

TEST_CASE("weight_average: training does not notice it, nor a validation of the average in between",
          "[recipe][hook][weight_average]") {
  using device = support::float_device;
  model_on<device> without(sizes), with(sizes);
  without.initialize(1);
  with.initialize(1);
  support::toy_data data(6), held_out(2);
  const training_report report = recipe(without, data);
  weight_average average(with, {.decay = 0.5});
  int looks = 0;
  const training_report watched =
      recipe(with, data, average, [&](auto& run, const step_report& step) {
        const numbers own = weights_of(with);
        average.swap();
        CHECK(weights_of(with) == values_of(with, average));
        CHECK(average.steps() == step.step);
        looks += validate(run.trainer, held_out).mean() > 0 ? 1 : 0;
        average.swap();
        CHECK(weights_of(with) == own);
      });
  CHECK(looks == 6);
  CHECK(watched.loss == report.loss);
  CHECK(weights_of(with) == weights_of(without));
}

TEMPLATE_LIST_TEST_CASE(
    "weight_average: after swap the model is saved as one that has the average for weights",
    "[recipe][hook][weight_average]", support::all_devices) {
  const support::temp_dir dir;
  model_on<TestType> m(sizes), read(sizes);
  m.initialize(1);
  support::toy_data data(6);
  weight_average average(m, {.decay = 0.5});
  (void)recipe(m, data, average);
  average.swap();
  save_weights(m, dir.path());
  load_weights(read, dir.path());
  CHECK(support::difference(weights_of(read), values_of(m, average)) < 1e-7);
}

TEMPLATE_LIST_TEST_CASE(
    "weight_average: a run that is stopped goes on to the same average, with Muon as with AdamW",
    "[recipe][hook][weight_average]", support::judged_devices) {
  using model_type = model_on<TestType>;
  const support::temp_dir dir;
  const auto train_in = [&](const fs::path& folder, index_t stop_at) {
    model_type llm(sizes);
    llm.initialize(1);
    support::toy_data data(8);
    weight_average average(llm, {.decay = 0.8, .warmup = true});
    trainer<model_type, cross_entropy, muon, warmup_stable_decay> t(
        llm, {.loss_scale = {.initial = 0x1p8}}, {}, {}, {.learning_rate = 0.01});
    training_run<decltype(t), support::toy_data> run{t, data};
    return train(run, run_folder(folder), average, checkpoints({.save_interval_steps = 2}),
                 [&](auto& r, const step_report& s) { r.stop = r.stop || s.step == stop_at; });
  };
  CHECK(train_in(dir / "whole", 0).steps == 8);
  for (const index_t stop : {1, 2, 5, 0}) (void)train_in(dir / "parts", stop);
  check_same_end(dir / "whole", dir / "parts");
}

TEST_CASE("weight_average: a run that had none begins with it where it goes on",
          "[recipe][hook][weight_average]") {
  const support::temp_dir dir;
  using model_type = model_on<support::float_device>;
  model_type llm(sizes);
  llm.initialize(1);
  support::toy_data data(20);
  (void)recipe(llm, data, run_folder(dir.path()),
               [](auto& run, const step_report& step) { run.stop = run.stop || step.step == 5; });
  CHECK(read_training_state(dir / "last").step == 5);
  CHECK_FALSE(fs::exists(dir / "last/average.safetensors"));
  model_type again(sizes);
  weight_average average(again);
  numbers first;
  (void)recipe(again, data, run_folder(dir.path()), average, [&](auto& run, const step_report&) {
    if (average.steps() == 1) first = weights_of(again);
    if (average.steps() == 1) CHECK(values_of(again, average) == first);
    run.stop = run.stop || average.steps() == 2;
  });
  CHECK(first.size() == again.trained_weights().size());
  CHECK(fs::exists(dir / "last/average.safetensors"));
}

TEST_CASE("weight_average: the process that is killed", "[.][killed_average]") {
  // Catch2 runs a hidden case, too, where all of a file are asked for.
  if (const char* folder = std::getenv("ZER0_TEST_RUN"))
    CHECK(run_in<support::float_device>(folder).complete);
}

TEST_CASE("weight_average: killed at random moments, a run ends in the same average",
          "[recipe][hook][weight_average][slow]") {
  const support::temp_dir dir;
  const fs::path whole = dir / "whole", killed = dir / "killed";
  support::check_killed_run("[killed_average]", whole, killed, 20,
                            [&] { check_same_end(whole, killed); });
}

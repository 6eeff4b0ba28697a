// A training run of `train` on one device.
#pragma once

#include "chosen_variant.hpp"
#include "device_table.hpp"
#include "references.hpp"
#include "self_check.hpp"
#include "signals.hpp"
#include "terminal.hpp"
#include "train_log.hpp"
#include "train_report.hpp"
#include "train_setup.hpp"
#include "training_data.hpp"
#include <zer0/loss/preference.hpp>
#include <zer0/optim/schedule/constant.hpp>
#include <zer0/recipe/hook/checkpoints.hpp>
#include <zer0/recipe/hook/progress.hpp>

#include <functional>
#include <iostream>
#include <optional>
#include <tuple>
#include <utility>

namespace program {

/// What the options choose is known when the program runs, so it is not a type of the library's but a call.
using schedule = std::function<double(index_t, index_t)>;

inline schedule chosen_schedule(const train_options& o) {
  if (o.lr_schedule == "constant") return zer0::constant_rate{o.learning_rate, o.warmup_iters};
  if (o.lr_schedule == "cosine_reference") return zer0::cosine_reference{o.learning_rate, o.warmup_iters};
  return zer0::cosine{o.learning_rate, o.warmup_iters};
}

/// The mean over target tokens or pairs, or over micro-batches of their means.
struct chosen_normalization {
  bool means = false;
  bool pairs = false;

  [[nodiscard]] double count(const zer0::token_batch& batch) const {
    return pairs ? zer0::per_pair().count(batch) : zer0::per_target_token().count(batch);
  }
  [[nodiscard]] double micro_factor(const zer0::token_batch& batch) const {
    const double counted = count(batch);
    return !means ? 1 : counted > 0 ? 1 / counted : 0;
  }
  [[nodiscard]] double window_factor(index_t batches, double counted) const {
    return means ? 1 / static_cast<double>(batches) : counted > 0 ? 1 / counted : 0;
  }
};

inline zer0::adamw chosen_optimizer(const train_options& o) {
  return {.weight_decay = o.weight_decay,
          .decay = o.decay == "all" ? zer0::decay_rule::all : zer0::decay_rule::matrices};
}

inline zer0::checkpoint_options chosen_checkpoints(const train_setup& s) {
  return {.directory = s.directory,
          .save_interval = s.o.save_interval,
          .save_interval_steps = s.o.save_interval_steps,
          .save_best_only = s.o.save_best_only,
          .save_last = s.o.save_last,
          .keep_checkpoint_max = s.o.keep_checkpoint_max,
          .extra_files = tokenizer_files(s.directory / "tokenizer"),
          .base = s.config.sizes.lora.rank > 0 ? s.base() : ""};
}

/// Puts the first weights into the model: those of the earlier run with all else it needs, those of a file, or random.
template <class Run>
void set_weights(const train_setup& s, Run& run) {
  if (s.earlier) {
    const zer0::training_state state = zer0::load_checkpoint(run.trainer, s.earlier->checkpoint);
    run.epoch = state.epoch;
    run.batch = state.batch;
  } else if (s.starts_from_files()) {
    zer0::load_weights(run.trainer.model(), s.start);
    run.trainer.model().initialize_adapters(s.o.seed);
    if (s.o.lora_path != "none") zer0::load_adapter(run.trainer.model(), s.o.lora_path);
  } else {
    run.trainer.model().initialize(s.o.seed);
  }
}

template <class Model, class Loss = zer0::cross_entropy>
using trainer_of = zer0::trainer<Model, Loss, zer0::adamw, schedule, chosen_normalization>;

/// --mode test.
template <class Line, class Decoder, class Device>
int check_variant(train_setup& s, const char* variant_name, Device device) {
  const zer0::tokenizer tok = open_tokenizer(s);
  zer0::model<Decoder, Device> llm(s.config.sizes, std::move(device));
  if (s.starts_from_files())
    zer0::load_weights(llm, s.start);
  else
    llm.initialize(s.o.seed);
  print_model(variant_name, llm);
  std::cout << "device    " << device_line<Line>(s.o.device, device_access<Line>::description(llm.device()), s.o.dtype)
            << std::endl;
  return self_check<trainer_of<decltype(llm)>, decltype(llm)>(llm, s.o, s.directory).run();
}

/// Trains a model by a loss; the exit code of the program.
template <class Line, class Loss, class Model>
int train_model(const train_setup& s, const char* variant_name, Model& llm, const Loss& loss, const training_data& data,
                const zer0::tokenizer& tok, const char* program) {
  const train_options& o = s.o;
  using trainer_type = trainer_of<Model, Loss>;
  using run_type = zer0::training_run<trainer_type, batch_stream>;
  const index_t steps_per_epoch = (data.train->batches_per_epoch() + o.accumulation_steps - 1) / o.accumulation_steps;
  const index_t all_steps = o.epochs * steps_per_epoch;
  const index_t total_steps = o.max_steps > 0 ? std::min(o.max_steps, all_steps) : all_steps;
  trainer_type trainer(llm, {total_steps, o.grad_clip, o.seed}, loss, chosen_optimizer(o), chosen_schedule(o),
                       {o.normalization == "mean_of_means", data.train_pairs != nullptr});
  run_type run{trainer, *data.train, o.epochs, o.accumulation_steps, 0, 0, false, o.max_steps};
  set_weights(s, run);
  prepare_directory(s, tok);
  print_header(s, variant_name,
               device_line<Line>(s.o.device, device_access<Line>::description(llm.device()), s.o.dtype), llm, run,
               data.about);

  index_t step = s.earlier ? s.earlier->state.step : 0;
  train_log log(s.directory / "log.jsonl", o.log_interval, step);
  std::optional<zer0::evaluation> val;
  std::function<double()> validate;
  const auto look = [&] {
    val = zer0::validate(trainer, *data.val);
    log.validation(step, *val);  // before the checkpoint is saved: a resumed run does not look at this step again
    return val->mean();
  };
  if (data.val) validate = look;
  zer0::checkpoints checkpoints(chosen_checkpoints(s), validate, s.run);
  if (s.earlier) checkpoints.restore(s.earlier->state);
  const auto stop_if_asked = [&](run_type& r, const zer0::step_report& report) {
    step = report.step;
    r.stop = r.stop || stop_signal != 0;
  };
  const auto show_validation = [&](const run_type&, const zer0::step_report& report) {
    if (!val) return;
    clear_line();
    std::cout << "step " << report.step << ": validation loss " << val->mean();
    const zer0::metric_list metrics = val->metrics();
    for (std::size_t i = 0; i < std::min(zer0::metric_list::shown, metrics.size()); ++i)
      std::cout << ", " << metrics[i].name << ' ' << metrics[i].value;
    std::cout << (val->mean() <= checkpoints.best_loss() ? ", the best so far" : "") << std::endl;
    val.reset();
  };
  zer0::training_report report;
  if (step < total_steps && stop_signal == 0)
    report = zer0::train(run, stop_if_asked, zer0::progress(o.log_interval), log, checkpoints, show_validation);
  return print_end(s, report, step, step >= total_steps, program);
}

template <class Line, class Decoder, class Device>
int train_variant(train_setup& s, const char* variant_name, Device device, const char* program) {
  const zer0::tokenizer tok = open_tokenizer(s);
  note_files(s, tok);
  const training_data data = open_training_data(s, tok);
  fs::create_directories(s.directory);
  const directory_lock lock(s.directory);
  zer0::model<Decoder, Device> llm(s.config.sizes, std::move(device));
  if (data.train_pairs == nullptr)
    return train_model<Line>(s, variant_name, llm, zer0::cross_entropy(), data, tok, program);
  prepare_references(s, llm, data);
  const zer0::preference<zer0::any_preference> loss{chosen_preference(s.o)};
  return train_model<Line>(s, variant_name, llm, loss, data, tok, program);
}

/// Trains as `s` says on the device of a line of the table; the exit code of the program.
template <class Line>
int train_on(train_setup& s, const char* program) {
  auto device = device_access<Line>::open(s.place.index);
  int result = 0;
  with_variant(chosen_variant(s), [&]<class Variant>(const Variant& v) {
    using decoder = typename Variant::decoder;
    result = s.o.mode == "test" ? check_variant<Line, decoder>(s, v.name, std::move(device))
                                : train_variant<Line, decoder>(s, v.name, std::move(device), program);
  });
  return result;
}

}  // namespace program

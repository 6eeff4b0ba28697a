// A training run of `train` on one device.
#pragma once

#include "support/device_table.hpp"
#include "support/variants.hpp"
#include "train/any_optimizer.hpp"
#include "train/references.hpp"
#include "train/report.hpp"
#include "train/setup.hpp"
#include "train/training_data.hpp"
#include <zer0/loss/preference.hpp>
#include <zer0/optim/schedule/warmup_stable_decay.hpp>
#include <zer0/recipe/hook/checkpoints.hpp>
#include <zer0/recipe/hook/progress.hpp>
#include <zer0/recipe/hook/stop_on_signals.hpp>
#include <zer0/recipe/hook/validation.hpp>
#include <zer0/testing/self_check.hpp>

#include <functional>
#include <iostream>
#include <optional>
#include <string>
#include <utility>

namespace program {

/// What the options choose is known when the program runs, so it is not a type of the library's but
/// a call.
using schedule = std::function<double(index_t, index_t)>;

inline schedule chosen_schedule(const train_options& o) {
  if (o.lr_schedule == "constant") return zer0::constant_rate{o.learning_rate, o.warmup_iters};
  if (o.lr_schedule == "cosine_reference")
    return zer0::cosine_reference{o.learning_rate, o.warmup_iters};
  if (o.lr_schedule == "warmup_stable_decay")
    return zer0::warmup_stable_decay{
        o.learning_rate, o.warmup_iters, o.lr_decay_fraction, o.lr_floor,
        o.lr_decay_shape == "linear" ? zer0::decay_shape::linear
                                     : zer0::decay_shape::one_minus_sqrt};
  return zer0::cosine{o.learning_rate, o.warmup_iters};
}

inline any_optimizer chosen_optimizer(const train_options& o) {
  const zer0::adamw adamw{
      .weight_decay = o.weight_decay,
      .decay = o.decay == "all" ? zer0::decay_rule::all : zer0::decay_rule::matrices};
  if (o.optimizer == "adamw") return {adamw};
  return {zer0::muon{.momentum = o.muon_momentum,
                     .weight_decay = o.weight_decay,
                     .scaling = o.muon_scaling == "original" ? zer0::muon_scaling::original
                                                             : zer0::muon_scaling::match_adamw,
                     .others = adamw,
                     .others_rate = o.muon_others_rate}};
}

inline zer0::checkpoint_options chosen_checkpoints(const train_setup& s) {
  return {.save_interval = s.o.save_interval,
          .save_interval_steps = s.o.save_interval_steps,
          .save_best_only = s.o.save_best_only,
          .save_last = s.o.save_last,
          .keep_checkpoint_max = s.o.keep_checkpoint_max,
          .base = s.config.sizes.lora.rank > 0 ? s.base() : ""};
}

/// Puts the first weights of a new run into the model: those of a file, or random ones.
template <class Model>
void set_first_weights(const train_setup& s, Model& llm) {
  if (!s.starts_from_files()) return llm.initialize(s.o.seed);
  zer0::load_weights(llm, s.start);
  llm.initialize_adapters(s.o.seed);
  if (s.o.lora_path != "none") zer0::load_adapter(llm, s.o.lora_path);
}

template <class Model, class Loss = zer0::cross_entropy>
using trainer_of = zer0::trainer<Model, Loss, any_optimizer, schedule, zer0::any_normalization>;

/// Of --mode test: prints what each part found; the exit code of the program. Nothing is left in
/// the folder.
template <class Model>
int self_check(Model& model, const train_options& o, const fs::path& folder) {
  std::string failed;
  zer0::self_check<Model> check(
      model, {folder, o.seed, [] { return zer0::stop_on_signals::received() != 0; }});
  (void)check([&](const zer0::self_check_finding& f) {
    if (!f.good) failed += (failed.empty() ? "" : ", ") + f.part;
    std::cout << f.part << std::string(10 - f.part.size(), ' ') << (f.good ? "pass" : "failed")
              << ": " << f.text << std::endl;
  });
  std::error_code none;
  fs::remove(folder, none);  // if it is empty
  fs::remove(folder.parent_path(), none);
  if (zer0::stop_on_signals::received() != 0) return 128 + zer0::stop_on_signals::received();
  std::cout << "self-check: " << (failed.empty() ? "pass" : "failed: " + failed) << std::endl;
  return failed.empty() ? 0 : 1;
}

template <class Line, class Decoder, class Device>
int check_variant(train_setup& s, const char* variant_name, Device device) {
  const zer0::tokenizer tok = open_tokenizer(s);
  zer0::model<Decoder, Device> llm(s.config.sizes, std::move(device));
  if (s.starts_from_files())
    zer0::load_weights(llm, s.start);
  else
    llm.initialize(s.o.seed);
  print_model(variant_name, llm);
  std::cout << "device    "
            << device_line<Line>(s.o.device, device_access<Line>::description(llm.device()),
                                 s.o.dtype)
            << std::endl;
  return self_check(llm, s.o, s.directory);
}

/// Trains a model by a loss; the exit code of the program.
template <class Line, class Loss, class Model>
int train_model(train_setup& s, const char* variant_name, Model& llm, const Loss& loss,
                const training_data& data, zer0::stop_on_signals& stop, const char* program) {
  const train_options& o = s.o;
  using trainer_type = trainer_of<Model, Loss>;
  const any_optimizer optimizer = chosen_optimizer(o);
  trainer_type trainer(llm, {.grad_clip = o.grad_clip, .seed = o.seed}, loss, optimizer,
                       chosen_schedule(o),
                       {o.normalization == "mean_of_means", data.train_pairs != nullptr});
  trainer.optimizer().start(optimizer, llm);
  zer0::training_run<trainer_type, zer0::sample_batches> run{trainer, *data.train, o.epochs,
                                                             o.accumulation_steps};
  run.max_steps = o.max_steps;
  run.about = s.run;
  if (!s.earlier) {
    set_first_weights(s, llm);
    s.folder->clear();
  }
  print_header(
      s, variant_name,
      device_line<Line>(s.o.device, device_access<Line>::description(llm.device()), s.o.dtype), llm,
      run, data.about);
  zer0::sample_batches* const validates_with = o.save_interval > 0 ? data.val.get() : nullptr;
  const zer0::training_report report = zer0::train(
      run, *s.folder, stop, zer0::validation(validates_with, std::max<index_t>(o.save_interval, 1)),
      zer0::progress(o.log_interval), zer0::json_log(o.log_interval),
      zer0::checkpoints(chosen_checkpoints(s)));
  return print_end(s, report, run.steps_done(), program);
}

template <class Line, class Decoder, class Device>
int train_variant(train_setup& s, const char* variant_name, Device device,
                  zer0::stop_on_signals& stop, const char* program) {
  const zer0::tokenizer tok = open_tokenizer(s);
  note_files(s, tok);
  const training_data data = open_training_data(s, tok);
  if (!s.folder) s.folder.emplace(s.directory, tok.files());
  s.folder->open();
  if (s.earlier) s.folder->set_last(s.earlier->state.step);
  zer0::model<Decoder, Device> llm(s.config.sizes, std::move(device));
  if (data.train_pairs == nullptr)
    return train_model<Line>(s, variant_name, llm, zer0::cross_entropy(), data, stop, program);
  prepare_references(s, llm, data);
  const zer0::preference<zer0::any_preference> loss{chosen_preference(s.o)};
  return train_model<Line>(s, variant_name, llm, loss, data, stop, program);
}

/// Trains as `s` says on the device of a line of the table; the exit code of the program.
template <class Line>
int train_on(train_setup& s, zer0::stop_on_signals& stop, const char* program) {
  auto device = device_access<Line>::open(s.place.index);
  int result = 0;
  with_variant(s.variant(), [&]<class Variant>(const Variant& v) {
    using decoder = typename Variant::decoder;
    result = s.o.mode == "test"
                 ? check_variant<Line, decoder>(s, v.name, std::move(device))
                 : train_variant<Line, decoder>(s, v.name, std::move(device), stop, program);
  });
  return result;
}

}  // namespace program

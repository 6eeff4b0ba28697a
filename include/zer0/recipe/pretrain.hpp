// The recipes of pretraining and of supervised fine-tuning: the parts of a run with the usual
// choices.
#pragma once

#include <zer0/core/detail/compiled.hpp>
#include <zer0/recipe/trainer.hpp>
#include <zer0/recipe/training_loop.hpp>

#include <cstdint>

namespace zer0 {
namespace detail {

/// `settings` and one value more.
[[nodiscard]] held<nlohmann::json> with_setting(held<nlohmann::json> settings, const char* name,
                                                double value);

/// Sets about["settings"] to the recipe's values and to what tells this data from other data.
void note_settings(nlohmann::json& about, const nlohmann::json& recipe, index_t batches_per_epoch,
                   std::uint64_t data);

/// Trains with the recipe's values. All recipes end in this function.
template <class Recipe, class Trainer, class Data, class... Hooks>
training_report train_by(const Recipe& recipe, Trainer& trainer, Data& data, Hooks&... hooks) {
  require(data.batches_per_epoch() >= 1, "recipe: the data has no batches");
  training_run<Trainer, Data> run{trainer, data, recipe.epochs, recipe.accumulation_steps};
  std::uint64_t fingerprint = 0;
  if constexpr (requires { data.fingerprint(); }) fingerprint = data.fingerprint();
  note_settings(*run.about, *recipe.settings(), data.batches_per_epoch(), fingerprint);
  return train(run, hooks...);
}

}  // namespace detail

/// Trains a model on a batch source by next-token cross-entropy, AdamW and a cosine schedule with
/// warmup.
///
///   const zer0::pretrain recipe{.epochs = 1, .learning_rate = 5e-4};
///   const zer0::training_report report =
///       recipe(llm, data, zer0::run_folder("out/story"), zer0::progress());
///
/// With a `run_folder` among the hooks the run can be killed at any time: the same call goes on
/// from its last checkpoint, and ends in the same weights, bit for bit. Without one nothing is
/// written.
///
/// For another loss, optimizer, schedule or normalization make a `trainer<...>` of them and call
/// `train`, as operator() does here. Before the first step it throws zer0::error for a value out of
/// range, or if the folder's run was begun with other values, another model, another number of
/// batches or (where the data has a fingerprint) other data.
struct pretrain {
  index_t epochs = 1;
  index_t accumulation_steps = 8;
  double learning_rate = 5e-4;
  index_t warmup_iters = 0;
  double grad_clip = 1.0;
  double weight_decay = 0.1;
  std::uint64_t seed = 42;

  template <class Model, batch_source Data, class... Hooks>
  training_report operator()(Model& model, Data& data, Hooks&&... hooks) const {
    check();
    trainer<Model> t(model, {.grad_clip = grad_clip, .seed = seed}, {},
                     {.weight_decay = weight_decay}, {learning_rate, warmup_iters});
    return detail::train_by(*this, t, data, hooks...);
  }

  /// Throws zer0::error naming the first value that is out of range.
  void check() const;

  /// The values that checkpoints keep, by name: {"learning_rate": 0.0005, ...}.
  [[nodiscard]] held<nlohmann::json> settings() const;
};

/// Fine-tunes a model on conversations. Parts and options are those of pretraining; only the data
/// differs. The weights in sft_data's batches say which tokens are learned, and the loss is the
/// mean over these tokens, however many a batch has. The learning rate is usually a tenth of
/// pretraining's or less.
///
///   zer0::load_weights(llm, "out/pretrain_512/best");
///   const zer0::sft recipe{.epochs = 2, .learning_rate = 5e-5};
///   const zer0::training_report report = recipe(llm, data, zer0::progress());
using sft = pretrain;

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/recipe/detail/pretrain.ipp>
#endif

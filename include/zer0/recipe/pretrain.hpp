// The pretraining recipe: the parts of a run with the usual choices.
#pragma once

#include <zer0/core/compiled.hpp>
#include <zer0/core/error.hpp>
#include <zer0/recipe/training_loop.hpp>

namespace zer0 {

/// Trains a model on a batch source by next-token cross-entropy, AdamW and a cosine schedule with warmup.
///
///   const zer0::pretrain recipe{.epochs = 1, .learning_rate = 5e-4};
///   const zer0::training_report report = recipe(llm, data, zer0::progress());
///
/// Another loss, optimizer, schedule or normalization: make a `trainer<...>` of them and call `train`, as operator()
/// does here. Throws zer0::error for a value out of range, before the first step.
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
    trainer_options options{.grad_clip = grad_clip, .seed = seed};
    const index_t batches = data.batches_per_epoch();
    require(batches >= 1, "recipe: the data has no batches");
    options.total_steps = epochs * ((batches + accumulation_steps - 1) / accumulation_steps);
    trainer<Model> t(model, options, {}, {.weight_decay = weight_decay}, {learning_rate, warmup_iters});
    training_run<trainer<Model>, Data> run{t, data, epochs, accumulation_steps};
    return train(run, hooks...);
  }

  /// Throws zer0::error naming the first value that is out of range.
  void check() const;
};

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/recipe/detail/pretrain.ipp>
#endif

// The pretraining recipe: the parts of a run with the usual choices.
#pragma once

#include <zer0/core/error.hpp>
#include <zer0/recipe/training_loop.hpp>

#include <cmath>

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
  void check() const {
    require(epochs >= 1, "recipe: epochs is ", epochs, "; it must be at least 1");
    require(accumulation_steps >= 1, "recipe: accumulation_steps is ", accumulation_steps, "; it must be at least 1");
    require(learning_rate > 0 && std::isfinite(learning_rate), "recipe: learning_rate is ", learning_rate,
            "; it must be above 0 and finite");
    require(warmup_iters >= 0, "recipe: warmup_iters is ", warmup_iters, "; use 0 for none");
    require(grad_clip >= 0, "recipe: grad_clip is ", grad_clip, "; use 0 for no clipping");
    require(weight_decay >= 0 && std::isfinite(weight_decay), "recipe: weight_decay is ", weight_decay,
            "; use 0 for none");
  }
};

}  // namespace zer0

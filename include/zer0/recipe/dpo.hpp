// The recipe of preference learning.
#pragma once

#include <zer0/loss/preference.hpp>
#include <zer0/recipe/pretrain.hpp>
#include <zer0/recipe/sequence_scorer.hpp>

namespace zer0 {

/// Makes chosen answers more likely than rejected ones. The loss is `Policy` over pairs of answers,
/// as the mean over all pairs of a step; the optimizer is AdamW, with a cosine schedule and warmup.
/// The reference model is the given model as it is before training, unless the data has reference
/// scores already. It is run once over the data before the first step, so there is never a second
/// model in memory. Dropout is off, whatever the model's sizes say, because the reference scores
/// are computed without it.
///
///   const zer0::dpo recipe{.policy = {.beta = 0.1}, .learning_rate = 1e-6};
///   const zer0::training_report report = recipe(llm, data, zer0::progress());
///
/// Source: Rafailov et al. 2023, arXiv:2305.18290. Throws zer0::error for a value out of range,
/// before the first step.
template <preference_policy Policy = dpo_sigmoid>
struct dpo {
  Policy policy = {};
  index_t epochs = 1;
  index_t accumulation_steps = 1;
  double learning_rate = 1e-6;
  index_t warmup_iters = 0;
  double grad_clip = 1.0;
  double weight_decay = 0;
  std::uint64_t seed = 42;

  template <class Model, class Data, class... Hooks>
  requires(batch_source<Data> && pair_source<Data>)
  training_report operator()(Model& model, Data& data, Hooks&&... hooks) const {
    as_pretrain().check();
    if (policy.needs_reference() && !data.has_references()) {
      std::filesystem::path folder;
      if constexpr (detail::among<run_folder, Hooks...>) {
        detail::the_folder(hooks...).open();
        folder = detail::the_folder(hooks...).path();
      }
      data.set_references(kept_reference_scores(model, data, folder));
    }
    trainer<Model, preference<Policy>, adamw, cosine, per_pair> t(
        model, {.grad_clip = grad_clip, .seed = seed, .dropout = false}, {policy},
        {.weight_decay = weight_decay}, {learning_rate, warmup_iters});
    return detail::train_by(*this, t, data, hooks...);
  }

  /// The values that checkpoints keep, by name: those of `pretrain`, and for the policy its loss of
  /// one pair, which another policy, or another value in it, makes another number.
  [[nodiscard]] held<nlohmann::json> settings() const {
    constexpr answer_pair sample{
        .chosen = {.log_probability = -2, .reference = -3, .targets = 2, .length = 5},
        .rejected = {.log_probability = -7, .reference = -5, .targets = 4, .length = 8}};
    return detail::with_setting(as_pretrain().settings(), "the policy's loss of a sample pair",
                                policy(sample).loss);
  }

 private:
  [[nodiscard]] pretrain as_pretrain() const {
    return {epochs, accumulation_steps, learning_rate, warmup_iters, grad_clip, weight_decay, seed};
  }
};

}  // namespace zer0

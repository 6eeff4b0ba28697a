// One optimizer step: forward, loss and backward of each micro-batch, clipping, update.
#pragma once

#include <zer0/device/detail/recorder.hpp>
#include <zer0/loss/cross_entropy.hpp>
#include <zer0/loss/normalization.hpp>
#include <zer0/model/workspace.hpp>
#include <zer0/optim/adamw.hpp>
#include <zer0/optim/loss_scale.hpp>
#include <zer0/optim/schedule/cosine.hpp>
#include <zer0/recipe/detail/layer_statistics.hpp>
#include <zer0/recipe/step_report.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace zer0 {

struct trainer_options {
  index_t total_steps = 1;          ///< of the whole run, for the schedule
  double grad_clip = 1.0;           ///< largest 2-norm of all gradients together; 0: no clipping
  std::uint64_t seed = 42;          ///< of dropout's random numbers
  loss_scale_rule loss_scale = {};  ///< for float16; other types need none
  bool dropout = true;              ///< as the model's sizes say; false: no dropout
};

/// Trains a model: computes loss and gradients of micro-batches, and updates the weights once a
/// step. The model must outlive the trainer. Memory besides the weights: gradients, the optimizer's
/// state, and the activations of one micro-batch; a step allocates nothing once these exist.
///
/// Loss, optimizer, schedule and normalization are plain types; any type with the same members
/// takes their place. A loss adds a sum over the micro-batch to totals[0], and may have `metrics`
/// (recipe/step_report.hpp). Its sums must contain `device_batch::factor` once, which is the
/// normalization and float16's loss scale (`loss_scale_for`); `device_batch::weights` contain it
/// already.
///
/// Layers may have losses of their own (balance of experts), whose gradients are added. Such a loss
/// is a mean over the micro-batches of a step, weighted as the loss itself is. It is reported as a
/// metric and is not part of the reported loss.
template <class Model, class Loss = cross_entropy, class Optimizer = adamw, class Schedule = cosine,
          class Normalization = per_target_token>
class trainer {
 public:
  using device_type = typename Model::device_type;
  using real = typename Model::real;
  using optimizer_state = typename Optimizer::template state<device_type>;
  using loss_scaling = loss_scale_for<real>;

  explicit trainer(Model& model, trainer_options options = {}, Loss loss = {},
                   Optimizer optimizer = {}, Schedule schedule = {},
                   Normalization normalization = {});

  /// One update from the micro-batches of `window`. Waits for the device once, before the update.
  /// Throws zer0::error, the weights untouched, if the loss or a gradient is not finite. In float16
  /// a step whose gradients alone are not finite is skipped instead: it counts as a step, weights
  /// and optimizer stay as they were (`dynamic_loss_scale`).
  step_report step(std::span<const token_batch> window);

  // `step` in three parts: begin_step, accumulate for each micro-batch, finish_step.

  /// Sets gradients and sums to zero. If a step was begun and not finished, it is discarded, as if
  /// it had never been.
  void begin_step();
  /// Adds the gradients and the loss of one micro-batch, multiplied by the loss scale. Where the
  /// normalization is over the whole step, finish_step applies it.
  void accumulate(const token_batch& batch);
  step_report finish_step();

  /// The loss of one batch as a sum, without dropout or gradients: add several up, then take the
  /// mean.
  evaluation evaluate(const token_batch& batch);

  [[nodiscard]] Model& model() { return *model_; }
  [[nodiscard]] const trainer_options& options() const { return options_; }
  [[nodiscard]] optimizer_state& optimizer() { return state_; }
  [[nodiscard]] loss_scaling& loss_scale() { return loss_scale_; }
  [[nodiscard]] const workspace<device_type>& memory() const { return workspace_; }
  /// Sets the number of steps that the schedule is told.
  void set_total_steps(index_t n) { options_.total_steps = n; }
  /// The number of micro-batches in all finished steps. It selects dropout's random numbers, so
  /// checkpoints keep it.
  [[nodiscard]] std::uint32_t micro_steps() const { return micro_steps_; }
  void set_micro_steps(std::uint32_t n) { micro_steps_ = n; }

 private:
  [[nodiscard]] wide_view<device_type> all_gradients() {
    const auto g = model_->gradients();
    return {g.data(), 1, static_cast<index_t>(g.size())};
  }

  static constexpr index_t metric_count = metrics_of<Loss>;

  /// Sums on the device: the squares of the gradients, then the loss and its metrics over the
  /// micro-batches.
  struct totals {
    std::array<double, 2 + metric_count> sums{};

    [[nodiscard]] double squares() const { return sums[0]; }
    [[nodiscard]] double loss() const { return sums[1]; }
    [[nodiscard]] metric_list metrics() const {
      metric_list list;
      if constexpr (metric_count > 0)
        for (std::size_t i = 0; i < metric_count; ++i)
          list.push_back({Loss::metrics[i], sums[2 + i]});
      return list;
    }
  };
  [[nodiscard]] double* squares() { return totals_.data(); }
  [[nodiscard]] double* losses() { return totals_.data() + 1; }
  void reset_totals() {
    constexpr totals zero{};
    model_->device().upload(totals_.data(), &zero, sizeof zero);
  }
  [[nodiscard]] totals read_totals() {
    totals t;
    model_->device().download(&t, totals_.data(), sizeof t);
    return t;
  }

  /// Updates plus skipped steps: the step that the schedule is asked for.
  [[nodiscard]] index_t steps() const { return state_.steps + loss_scale_.skipped_steps(); }

  /// The factor that scales gradients of this norm down to `grad_clip`; 1 if they are not clipped.
  [[nodiscard]] double clipping(double norm) const {
    return options_.grad_clip > 0 ? std::min(1.0, options_.grad_clip / (norm + 1e-6)) : 1.0;
  }
  /// Ends a step whose loss or gradients are not finite, without changing a weight. In float16 with
  /// a finite loss it lowers the loss scale; otherwise it throws zer0::error.
  void skip(const step_report& report);

  Model* model_;
  trainer_options options_;
  Loss loss_;
  Optimizer optimizer_;
  Schedule schedule_;
  Normalization normalization_;
  optimizer_state state_;
  loss_scaling loss_scale_;
  workspace<device_type> workspace_;
  buffer<double, device_type> totals_;
  detail::recorder<device_type> recorder_;
  std::uint32_t micro_steps_ = 0;
  /// Sums since begin_step.
  struct {
    std::uint32_t batches = 0;
    index_t tokens = 0;
    double target_tokens = 0, counted = 0;
  } accumulated_;
};

// Defined outside the class so that `extern template` applies, as for `model`.

template <class Model, class Loss, class Optimizer, class Schedule, class Normalization>
trainer<Model, Loss, Optimizer, Schedule, Normalization>::trainer(Model& model,
                                                                  trainer_options options,
                                                                  Loss loss, Optimizer optimizer,
                                                                  Schedule schedule,
                                                                  Normalization normalization)
    : model_(&model),
      options_(options),
      loss_(loss),
      optimizer_(optimizer),
      schedule_(schedule),
      normalization_(normalization),
      state_(model),
      loss_scale_(options.loss_scale),
      workspace_(model.device()),
      totals_(model.device(), 2 + metric_count) {
  (void)model.gradients();
  reset_totals();
}

template <class Model, class Loss, class Optimizer, class Schedule, class Normalization>
step_report trainer<Model, Loss, Optimizer, Schedule, Normalization>::step(
    std::span<const token_batch> window) {
  begin_step();
  for (const token_batch& batch : window) accumulate(batch);
  return finish_step();
}

template <class Model, class Loss, class Optimizer, class Schedule, class Normalization>
void trainer<Model, Loss, Optimizer, Schedule, Normalization>::begin_step() {
  fill(model_->device(), all_gradients(), 0);
  model_->begin_step();
  reset_totals();
  accumulated_ = {};
}

template <class Model, class Loss, class Optimizer, class Schedule, class Normalization>
step_report trainer<Model, Loss, Optimizer, Schedule, Normalization>::finish_step() {
  step_report report{.tokens = accumulated_.tokens,
                     .target_tokens = accumulated_.target_tokens,
                     .counted = accumulated_.counted,
                     .loss_scale = loss_scale_.factor()};
  const double factor =
      normalization_.window_factor(index_t{accumulated_.batches}, report.counted) /
      report.loss_scale;
  micro_steps_ += std::exchange(accumulated_, {}).batches;
  report.learning_rate = schedule_(steps(), options_.total_steps);
  add_squares(model_->device(), model_->gradients(), squares());
  const totals sums = read_totals();  // waits for the device
  report.loss = sums.loss() * factor;
  report.gradient_norm = std::sqrt(sums.squares()) * factor;
  report.metrics.add(sums.metrics(), factor);
  detail::add_statistics(*model_, factor, report.metrics);
  report.step = steps() + 1;
  if (std::isfinite(report.loss) && std::isfinite(report.gradient_norm)) {
    state_.update(optimizer_, *model_, report.learning_rate,
                  factor * clipping(report.gradient_norm));
    loss_scale_.accept();
    model_->finish_step();
  } else {
    skip(report);
  }
  report.skipped_steps = loss_scale_.skipped_steps();
  return report;
}

template <class Model, class Loss, class Optimizer, class Schedule, class Normalization>
void trainer<Model, Loss, Optimizer, Schedule, Normalization>::accumulate(
    const token_batch& batch) {
  const double factor = normalization_.micro_factor(batch) * loss_scale_.factor();
  context<device_type>& c =
      workspace_.start(batch, model_->sizes(),
                       {.training = options_.dropout,
                        .gathers = true,
                        .auxiliary_weight = factor * normalization_.count(batch),
                        .seed = options_.seed,
                        .step = micro_steps_ + accumulated_.batches},
                       factor);
  const device_batch<device_type>& in = workspace_.batch();
  recorder_(model_->device(), {batch.tokens(), batch.sequences(), c.layout.longest}, [&] {
    const tensor_view<real> hidden = model_->forward(c, in.ids);
    const tensor_view<real> dhidden = c.keep.matrix(hidden.rows, hidden.cols);
    loss_(c, model_->output(), hidden, in, losses(), dhidden);
    model_->backward(c, dhidden);
  });
  ++accumulated_.batches;
  accumulated_.tokens += batch.tokens();
  accumulated_.target_tokens += batch.target_tokens();
  accumulated_.counted += normalization_.count(batch);
}

template <class Model, class Loss, class Optimizer, class Schedule, class Normalization>
evaluation trainer<Model, Loss, Optimizer, Schedule, Normalization>::evaluate(
    const token_batch& batch) {
  context<device_type>& c = workspace_.start(batch, model_->sizes());
  const device_batch<device_type>& in = workspace_.batch();
  reset_totals();
  const tensor_view<real> hidden = model_->forward(c, in.ids);
  loss_(c, model_->output(), hidden, in, losses());
  const totals sums = read_totals();
  return {sums.loss(), normalization_.count(batch), sums.metrics()};
}

template <class Model, class Loss, class Optimizer, class Schedule, class Normalization>
void trainer<Model, Loss, Optimizer, Schedule, Normalization>::skip(const step_report& report) {
  if constexpr (loss_scaling::active)
    if (std::isfinite(report.loss)) return loss_scale_.skip(report.step);
  fail("training diverged: loss ", report.loss, " and gradient norm ", report.gradient_norm,
       " at step ", report.step, "; lower the learning rate, warm up, or clip more");
}

}  // namespace zer0

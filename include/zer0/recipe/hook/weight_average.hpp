// An exponential average of the weights over the steps of a training.
#pragma once

#include <zer0/checkpoint/safetensors.hpp>
#include <zer0/core/error.hpp>
#include <zer0/device/memory.hpp>
#include <zer0/recipe/step_report.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

namespace zer0 {

struct weight_average_options {
  double decay = 0.999;  ///< share of the old average in the new one; at least 0, below 1
  bool warmup = false;   ///< use at most (1 + t) / (10 + t) as decay after t steps, so that the
                         ///< average of a short run forgets the first weights, too
};

/// A hook: after each step, average = decay * average + (1 - decay) * weights, for the trained
/// weights. The average begins as the weights after the first step, so it needs no bias correction.
/// It is often better than the weights of the last step, much as weights are after a decay of the
/// learning rate.
///
///   zer0::weight_average average(llm, {.decay = 0.999});
///   recipe(llm, data, zer0::run_folder("out/story"), average);
///   average.swap();  // the model has the average for weights: validate, generate, save_weights
///
/// Every checkpoint holds the average, and a run that goes on continues it, bit for bit; if the
/// checkpoint has none, a new average begins. What layers hold besides weights (a router's bias) is
/// not averaged. The average lies on the device in `wide<real>`. Memory: the average, and from the
/// first `swap` on a second copy of the weights.
/// Source: Polyak & Juditsky 1992, "Acceleration of stochastic approximation by averaging"; the
/// warmup is that of TensorFlow's ExponentialMovingAverage.
template <class Model>
class weight_average {
  using Device = typename Model::device_type;
  using real = typename Model::real;
  using number = wide<real>;

 public:
  static constexpr hook_order order = hook_order::first;  // others may look at it

  /// Throws zer0::error for a decay out of range. The model must outlive it.
  explicit weight_average(Model& model, weight_average_options options = {})
      : model_(&model),
        options_(options),
        average_(model.device(), model.parameters().trained_elements()) {
    require(options.decay >= 0 && options.decay < 1, "weight_average: decay is ", options.decay,
            "; it must be at least 0 and below 1");
  }

  template <class Run>
  void begin(Run& /*run*/) const {
    require_own_weights();
  }
  template <class Run>
  void operator()(Run& /*run*/, const step_report& /*step*/) {
    update();
  }

  /// Adds the current weights to the average, as the hook does after each step. Throws zer0::error
  /// if the model holds the average (`swap`).
  void update() {
    require_own_weights();
    Device& d = model_->device();
    const const_view<Device> weights = own_weights();
    if (steps_ == 0) {
      copy(d, weights, average_.row());
    } else {
      const auto t = static_cast<double>(steps_);
      const double kept =
          options_.warmup ? std::min(options_.decay, (1 + t) / (10 + t)) : options_.decay;
      scale(d, kept, average_.row());
      add_scaled(d, 1 - kept, weights, average_.row());
    }
    ++steps_;
  }

  /// Gives the model the average as its weights, rounded to their type; the second call gives it
  /// back its own weights, bit for bit. Training needs its own weights. Throws zer0::error before
  /// the first step.
  void swap() {
    require(steps_ > 0,
            "weight_average: no step has been averaged yet, so there is nothing to give to the "
            "model; train first");
    Device& d = model_->device();
    if (swapped_) {
      copy(d, const_view<Device>(set_aside_.row()), own_weights());
    } else {
      if (set_aside_.size() == 0) set_aside_ = buffer<real, Device>(d, average_.size());
      copy(d, const_view<Device>(own_weights()), set_aside_.row());
      copy(d, const_wide_view<Device>(average_.row()), own_weights());
    }
    swapped_ = !swapped_;
  }
  /// Whether the model holds the average instead of its own weights.
  [[nodiscard]] bool swapped() const { return swapped_; }

  /// Steps averaged so far.
  [[nodiscard]] index_t steps() const { return steps_; }
  /// The average: device memory in the order of `Model::trained_weights`, undefined before a first
  /// step.
  [[nodiscard]] const_wide_span<Device> values() const { return average_.span(); }

  /// Writes average.safetensors. Throws zer0::error if the model holds the average (`swap`).
  void save(const std::filesystem::path& checkpoint) const {
    require_own_weights();
    if (steps_ == 0) return;
    std::vector<number> host(static_cast<std::size_t>(average_.size()));
    download(model_->device(), values(), host.data());
    const std::array steps{static_cast<std::int64_t>(steps_)};
    const std::array tensors{
        tensor_entry{"average",
                     std::same_as<number, double> ? dtype::f64 : dtype::f32,
                     {average_.size()},
                     std::as_bytes(std::span(host))},
        tensor_entry{"steps", dtype::i64, {1}, std::as_bytes(std::span(steps))}};
    write_safetensors(checkpoint / "average.safetensors", tensors);
  }

  /// Throws zer0::error if the file holds the average of another number of weights.
  void load(const std::filesystem::path& checkpoint) {
    require_own_weights();
    const std::filesystem::path path = checkpoint / "average.safetensors";
    if (!std::filesystem::exists(path)) return;  // the run had no average so far
    const safetensors_file file(path);
    const tensor_entry& average = file.at("average");
    require(average.elements() == average_.size(), path.string(), " is the average of ",
            average.elements(), " weights, but ", average_.size(),
            " are trained; it belongs to another model");
    std::vector<number> host(static_cast<std::size_t>(average_.size()));
    to_float(average, std::span(host));
    std::array<std::int64_t, 1> steps{};
    to_int(file.at("steps"), std::span<std::int64_t>(steps));
    upload(model_->device(), std::span<const number>(host), average_.span());
    steps_ = steps[0];
  }

 private:
  [[nodiscard]] view<Device> own_weights() const {
    return {model_->trained_weights().data(), 1, average_.size()};
  }
  void require_own_weights() const {
    require(!swapped_,
            "weight_average: the model has the average for weights; call swap() again before it is "
            "trained or a checkpoint is written");
  }

  Model* model_;
  weight_average_options options_;
  buffer<number, Device> average_;
  buffer<real, Device> set_aside_;
  index_t steps_ = 0;
  bool swapped_ = false;
};

}  // namespace zer0

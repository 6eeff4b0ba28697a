// Goldens of training: the optimizer by itself, and the curve of a whole run.
#pragma once

#include "support/golden_model.hpp"
#include <zer0/optim/adamw.hpp>
#include <zer0/recipe/trainer.hpp>

#include <string>
#include <vector>

namespace support::golden {

/// What an optimizer needs to know of a model: one flat parameter.
template <zer0::device D>
class flat_model {
 public:
  using real = typename D::real;
  using device_type = D;

  explicit flat_model(index_t n)
      : parameter_{.parts = {{"weight", 1}}, .cols = n, .initial = {}},
        weights_(device_, n),
        gradients_(device_, n) {
    parameters_.add(parameter_);
    parameter_.value = weights_.row();
    parameter_.grad = gradients_.row();
  }
  flat_model(const flat_model&) = delete;
  flat_model& operator=(const flat_model&) = delete;

  [[nodiscard]] D& device() { return device_; }
  [[nodiscard]] const zer0::parameter_list<real>& parameters() const { return parameters_; }
  [[nodiscard]] std::span<real> weights() { return weights_.span(); }
  [[nodiscard]] std::span<real> trained_weights() { return weights_.span(); }
  [[nodiscard]] std::span<real> gradients() { return gradients_.span(); }
  void set_weights(const numbers& values) { put(device_, values, weights_.row()); }
  void set_gradients(const numbers& values) { put(device_, values, gradients_.row()); }

 private:
  D device_;
  zer0::parameter<real> parameter_;
  zer0::parameter_list<real> parameters_;
  zer0::buffer<real, D> weights_, gradients_;
};

namespace detail {

/// The options of AdamW under `prefix` ("adamw.").
inline zer0::adamw adamw_of(const file& f, const std::string& prefix) {
  return {.beta1 = f.number(prefix + "beta1"),
          .beta2 = f.number(prefix + "beta2"),
          .eps = f.number(prefix + "eps"),
          .weight_decay = f.number(prefix + "weight_decay")};
}

inline numbers row_of(const numbers& all, index_t row, index_t width) {
  return {all.begin() + row * width, all.begin() + (row + 1) * width};
}

/// The learning rates of all steps: exact in the metadata.
inline numbers learning_rates(const file& f, index_t steps) {
  numbers rates;
  for (index_t i = 0; i < steps; ++i) rates.push_back(f.number_at("lr", i));
  return rates;
}

}  // namespace detail

inline void check_adamw(file& f, verdict& v) {
  const index_t steps = f.size("grads", 0), n = f.size("grads", 1);
  const zer0::adamw rule = detail::adamw_of(f, "adamw.");
  const numbers rates = detail::learning_rates(f, steps);
  const numbers gradients = f.values("grads");
  on_each_device(v, [&]<class D>(std::type_identity<D>) {
    flat_model<D> m(n);
    m.set_weights(f.values("param_init", n));
    typename zer0::adamw::state<D> state(m);
    numbers params, first, second;
    const auto append = [](numbers& to, const numbers& from) {
      to.insert(to.end(), from.begin(), from.end());
    };
    for (index_t i = 0; i < steps; ++i) {
      m.set_gradients(detail::row_of(gradients, i, n));
      state.update(rule, m, rates[static_cast<std::size_t>(i)], 1);
      append(params, fetch(m.device(), m.weights()));
      append(first, fetch(m.device(), state.buffers()[0].values));
      append(second, fetch(m.device(), state.buffers()[1].values));
    }
    for (index_t i = 0; i < steps; ++i) {
      const std::string after = " after step " + std::to_string(i + 1);
      const auto compare = [&](const std::string& name, const numbers& actual) {
        v.compare(name + after, detail::row_of(actual, i, n), detail::row_of(f.values(name), i, n),
                  allow::adamw);
      };
      compare("params", params);
      compare("exp_avg", first);
      compare("exp_avg_sq", second);
    }
  });
  if (f.has("lr")) v.compare(f, "lr", rates, allow::rounding);
}

namespace detail {

template <class Model>
void compare_parameters(file& f, verdict& v, Model& m, const std::string& prefix, double allowed) {
  for_each_part(m, [&](const std::string& name, auto value, auto, const std::vector<index_t>&) {
    if (f.has(prefix + name)) v.compare(f, prefix + name, fetch(m.device(), value), allowed);
  });
}

/// The formula of the reference implementation's schedule gives its learning rates; a step takes
/// that of its last micro-batch.
inline void check_schedule(file& f, verdict& v, const numbers& rates, index_t per_step) {
  const index_t total = f.count("train.total_micro_steps");
  const zer0::cosine_reference schedule{f.number("train.learning_rate"), 0};
  numbers micro, last;
  for (index_t t = 0; t < total; ++t) micro.push_back(schedule(t, total));
  for (index_t k = 0; k < total / per_step; ++k)
    last.push_back(schedule(per_step * k + per_step - 1, total));
  v.compare("lr by the formula", last, rates, 1e-14);
  v.compare(f, "step_lr", last, allow::rounding);
  if (f.has("micro_lr")) v.compare(f, "micro_lr", micro, allow::rounding);
}

template <class Model>
void check_run(file& f, verdict& v, const std::vector<zer0::token_batch>& batches,
               const numbers& rates, index_t per_step) {
  Model m(sizes_of(f));
  load_parameters(m, f, "param_init.");
  const auto schedule = [&](index_t step, index_t) {
    return rates[static_cast<std::size_t>(step)];
  };
  const zer0::trainer_options options{.total_steps = static_cast<index_t>(rates.size()),
                                      .grad_clip = f.number("train.grad_clip")};
  zer0::trainer<Model, zer0::cross_entropy, zer0::adamw, decltype(schedule), zer0::mean_of_means>
      trainer(m, options, {}, adamw_of(f, "train."), schedule);
  numbers micro_losses, losses, norms;
  for (std::size_t k = 0; k < rates.size(); ++k) {
    const auto window = std::span(batches).subspan(k * static_cast<std::size_t>(per_step),
                                                   static_cast<std::size_t>(per_step));
    for (const zer0::token_batch& batch : window)
      micro_losses.push_back(trainer.evaluate(batch).mean());
    const zer0::step_report step = trainer.step(window);
    losses.push_back(step.loss);
    norms.push_back(step.gradient_norm);
    const auto at = static_cast<index_t>(k);
    if (const std::string key = f.key_at("loss", at); !key.empty())
      v.compare_scalar(f, key, step.loss, allow::curve);
    if (const std::string key = f.key_at("grad_norm", at); !key.empty())
      v.compare_scalar(f, key, step.gradient_norm, allow::curve);
    compare_parameters(f, v, m, "param_step" + std::to_string(k + 1) + ".",
                       allow::early_parameters);
  }
  if (f.has("micro_loss")) v.compare(f, "micro_loss", micro_losses, allow::curve);
  v.compare(f, "step_loss", losses, allow::curve);
  v.compare(f, "step_grad_norm", norms, allow::curve);
  for_each_part(m, [&](const std::string& name, auto value, auto, const std::vector<index_t>&) {
    const numbers actual = fetch(m.device(), value);
    v.compare_norm(f, "param_final." + name, actual, allow::final_parameters_norm);
    v.compare(f, "param_final." + name, actual, allow::final_parameters);
  });
}

}  // namespace detail

inline void check_train_curve(file& f, verdict& v) {
  const index_t micro_batches = f.size("input_ids", 0), rows = f.size("input_ids", 1);
  const index_t per_step = f.count("train.accumulation_steps");
  zer0::require(per_step > 0 && micro_batches % per_step == 0, f.name(), ": ", micro_batches,
                " micro-batches are not whole steps of ", per_step);
  const numbers rates = detail::learning_rates(f, micro_batches / per_step);
  detail::check_schedule(f, v, rates, per_step);
  std::vector<zer0::token_batch> batches;
  for (index_t i = 0; i < micro_batches; ++i) batches.push_back(batch_of(f, i * rows, rows));
  on_each_kernel(v, [&]<class D, class Kernel>(std::type_identity<D>, std::type_identity<Kernel>) {
    detail::check_run<zer0::model<plain_decoder<Kernel>, D>>(f, v, batches, rates, per_step);
  });
}

}  // namespace support::golden

// The optimizer that the options name, as one type.
#pragma once

#include <zer0/optim/adamw.hpp>
#include <zer0/optim/muon.hpp>

#include <optional>
#include <span>
#include <utility>
#include <variant>
#include <vector>

namespace program {

/// What an optimizer sees of a model: one type for all variants of models.
template <zer0::device Device>
class trained_part {
 public:
  template <class Model>
  trained_part(Model& m)  // a trainer gives its model
      : device_(m.device()),
        parameters_(m.parameters()),
        gradients_(m.gradients()),
        weights_(m.trained_weights()) {}

  [[nodiscard]] Device& device() const { return device_; }
  [[nodiscard]] const auto& parameters() const { return parameters_; }
  [[nodiscard]] zer0::wide_span<Device> gradients() const { return gradients_; }
  [[nodiscard]] std::span<typename Device::real> trained_weights() const { return weights_; }

 private:
  Device& device_;
  const zer0::parameter_list<typename Device::real>& parameters_;
  zer0::wide_span<Device> gradients_;
  std::span<typename Device::real> weights_;
};

/// AdamW or Muon, chosen when the program runs: no trainer is compiled twice, and each optimizer
/// once a device.
struct any_optimizer {
  std::variant<zer0::adamw, zer0::muon> rule;

  template <zer0::device Device>
  class state {
   public:
    /// A trainer makes it without knowing the rule; it holds nothing before `start`.
    template <class Model>
    explicit state(Model& /*model*/) {}

    /// To be called before the first step, and before a checkpoint is loaded.
    void start(const any_optimizer& by, trained_part<Device> part) {
      std::visit([&]<class Rule>(const Rule&) { kept_.emplace(of<Rule>(part)); }, by.rule);
    }

    void update(const any_optimizer& by, trained_part<Device> part, double learning_rate,
                double factor) {
      const auto update_by = [&]<class Rule>(const Rule& rule) {
        auto& kept = std::get<of<Rule>>(*kept_);
        kept.steps = steps;
        kept.update(rule, part, learning_rate, factor);
        steps = kept.steps;
      };
      std::visit(update_by, by.rule);
    }

    [[nodiscard]] std::vector<typename zer0::adamw::state<Device>::named_buffer> buffers() const {
      return std::visit([](const auto& kept) { return kept.buffers(); }, *kept_);
    }

    zer0::index_t steps = 0;

   private:
    template <class Rule>
    using of = typename Rule::template state<Device>;
    std::optional<std::variant<of<zer0::adamw>, of<zer0::muon>>> kept_;
  };
};

}  // namespace program

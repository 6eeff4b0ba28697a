// AdamW over the flat parameter buffer.
#pragma once

#include <zer0/device/memory.hpp>
#include <zer0/layer/parameter.hpp>

#include <string>
#include <vector>

namespace zer0 {

/// Which parameters have weight decay.
enum class decay_rule {
  all,       ///< all, as in the reference implementation
  matrices,  ///< matrices and tables, not norm weights and biases
};

/// g *= factor; p *= 1 - lr*decay; m = b1 m + (1-b1) g; v = b2 v + (1-b2) g^2;
/// p -= lr/(1-b1^t) * m / (sqrt(v)/sqrt(1-b2^t) + eps).
/// Source: Loshchilov & Hutter 2019, arXiv:1711.05101, algorithm 2.
struct adamw {
  double beta1 = 0.9;
  double beta2 = 0.95;
  double eps = 1e-8;
  double weight_decay = 0.1;
  decay_rule decay = decay_rule::all;

  /// The weight decay of a parameter of this kind.
  [[nodiscard]] double decay_of(parameter_kind kind) const {
    return decay == decay_rule::all || kind != parameter_kind::vector ? weight_decay : 0;
  }

  /// Memory: two numbers per trained weight. With 16-bit weights also a copy of the weights in
  /// float, from which the model's are rounded; the first update takes it from the model.
  template <device Device>
  class state {
   public:
    using real = typename Device::real;
    struct named_buffer {
      std::string name;
      wide_span<Device> values;
    };

    template <class Model>
    explicit state(Model& model)
        : first_(model.device(), model.parameters().trained_elements()),
          second_(model.device(), model.parameters().trained_elements()) {
      fill(model.device(), first_.row(), 0);
      fill(model.device(), second_.row(), 0);
      if constexpr (has_master)
        master_ = buffer<wide<real>, Device>(model.device(), model.parameters().trained_elements());
    }

    /// Updates the trained weights of `model` once, with its gradients times `factor`.
    template <class Model>
    void update(const adamw& rule, Model& model, double learning_rate, double factor) {
      if constexpr (has_master)
        if (steps == 0)
          copy(model.device(), row(std::span<const real>(model.trained_weights())), master_.row());
      ++steps;
      adamw_sizes sizes{learning_rate,     rule.beta1, rule.beta2, rule.eps,
                        rule.weight_decay, steps,      factor};
      if (rule.decay == decay_rule::all)
        return update_range(sizes, model, 0, model.trained_weights().size());
      std::size_t begin = 0;
      for (const auto& entry : model.parameters()) {
        if (!entry.value->trained()) continue;
        const auto end = begin + static_cast<std::size_t>(entry.value->elements());
        sizes.weight_decay = rule.decay_of(entry.value->kind);
        update_range(sizes, model, begin, end);
        begin = end;
      }
    }

    /// What a checkpoint must hold besides `steps`.
    [[nodiscard]] std::vector<named_buffer> buffers() const {
      std::vector<named_buffer> list{{"exp_avg", first_.span()}, {"exp_avg_sq", second_.span()}};
      if constexpr (has_master) list.push_back({"master", master_.span()});
      return list;
    }

    index_t steps = 0;

   private:
    static constexpr bool has_master = !std::same_as<real, wide<real>>;

    static const_view<Device> row(std::span<const real> s) {
      return {s.data(), 1, static_cast<index_t>(s.size())};
    }

    template <class Model>
    void update_range(const adamw_sizes& sizes, Model& model, std::size_t begin, std::size_t end) {
      const auto part = [&](auto s) { return s.subspan(begin, end - begin); };
      const wide_span<Device> first = part(first_.span()), second = part(second_.span());
      const const_wide_span<Device> gradients = part(model.gradients());
      const real_span<Device> weights = part(model.trained_weights());
      if constexpr (has_master)
        adamw_update(model.device(), sizes,
                     {.weights = part(master_.span()),
                      .gradients = gradients,
                      .first = first,
                      .second = second,
                      .rounded = weights});
      else
        adamw_update(
            model.device(), sizes,
            {.weights = weights, .gradients = gradients, .first = first, .second = second});
    }

    buffer<wide<real>, Device> first_, second_, master_;
  };
};

}  // namespace zer0

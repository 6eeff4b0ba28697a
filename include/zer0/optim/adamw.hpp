// AdamW over the flat parameter buffer.
#pragma once

#include <zer0/device/buffer.hpp>
#include <zer0/layer/parameter.hpp>

#include <string>
#include <vector>

namespace zer0 {

/// Which parameters weight decay pulls towards zero.
enum class decay_rule {
  all,       ///< every one, as the reference implementation does
  matrices,  ///< not norm weights and biases
};

/// g *= scale; p *= 1 - lr*decay; m = b1 m + (1-b1) g; v = b2 v + (1-b2) g^2; p -= lr/(1-b1^t) * m /
/// (sqrt(v)/sqrt(1-b2^t) + eps) Source: Loshchilov & Hutter 2019, arXiv:1711.05101, algorithm 2.
struct adamw {
  double beta1 = 0.9;
  double beta2 = 0.95;
  double eps = 1e-8;
  double weight_decay = 0.1;
  decay_rule decay = decay_rule::all;

  /// Two numbers a parameter, and the number of updates.
  template <device Device>
  class state {
   public:
    using real = typename Device::real;
    struct named_buffer {
      std::string name;
      std::span<real> values;
    };

    template <class Model>
    explicit state(Model& model)
        : first_(model.device(), model.parameters().elements()),
          second_(model.device(), model.parameters().elements()) {
      fill(model.device(), first_.row(), 0);
      fill(model.device(), second_.row(), 0);
    }

    /// One update of all weights of `model` by its gradients times `gradient_scale`.
    template <class Model>
    void update(const adamw& rule, Model& model, double learning_rate, double gradient_scale) {
      ++steps;
      adamw_sizes sizes{learning_rate, rule.beta1, rule.beta2, rule.eps, rule.weight_decay, steps, gradient_scale};
      if (rule.decay == decay_rule::all) return update_range(sizes, model, 0, model.weights().size());
      std::size_t begin = 0;
      for (const auto& entry : model.parameters()) {
        const auto end = begin + static_cast<std::size_t>(entry.value->elements());
        sizes.weight_decay = entry.value->is_matrix ? rule.weight_decay : 0;
        update_range(sizes, model, begin, end);
        begin = end;
      }
    }

    /// What a checkpoint must hold besides `steps`.
    [[nodiscard]] std::vector<named_buffer> buffers() const {
      return {{"exp_avg", first_.span()}, {"exp_avg_sq", second_.span()}};
    }

    index_t steps = 0;

   private:
    template <class Model>
    void update_range(const adamw_sizes& sizes, Model& model, std::size_t begin, std::size_t end) {
      const auto part = [&](std::span<real> s) { return s.subspan(begin, end - begin); };
      adamw_update(model.device(), sizes, part(model.weights()), part(model.gradients()), part(first_.span()),
                   part(second_.span()));
    }

    buffer<real, Device> first_, second_;
  };
};

}  // namespace zer0

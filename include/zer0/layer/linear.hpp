// Linear: y = x W^T, with one or several named outputs side by side.
#pragma once

#include <zer0/core/dims.hpp>
#include <zer0/core/roles.hpp>
#include <zer0/layer/context.hpp>
#include <zer0/layer/parameter.hpp>

#include <vector>

namespace zer0 {

/// The outputs of a linear, one below the other in its weight, by the names of their modules ("q_proj").
using projections_list = std::vector<parameter_part>;

/// The parameters of outputs: "q_proj.weight".
inline std::vector<parameter_part> named(projections_list outputs, const std::string& suffix) {
  for (parameter_part& part : outputs) part.name += suffix;
  return outputs;
}

/// y = x W^T. W (out, in) may be several weights one below the other (q, k and v; gate and up): one product reads x
/// once. Shapes: x (N, in), y (N, out). Memory: keeps the view of x; x must stay valid until backward.
/// Attention and feed-forwards take a policy of this role in its place: biased, lora, expert_linear.
struct linear {
  using role = linear_role;

  template <device Device>
  class layer {
   public:
    using real = typename Device::real;
    struct saved {
      tensor_view<const real> x;
    };

    layer(const dims& /*sizes*/, const projections_list& outputs, index_t in, initial_values initial = {})
        : weight_{.parts = named(outputs, ".weight"), .cols = in, .initial = initial} {}

    void parameters(parameter_list<real>& list) { list.add(weight_); }

    void forward(context<Device>& c, tensor_view<const real> x, tensor_view<real> y, saved& s) {
      s.x = x;
      matmul(c.device, transpose::no, x, transpose::yes, weight_.value, 0, y);
    }

    /// dx is written, the gradient of W added to.
    void backward(context<Device>& c, tensor_view<const real> dy, const saved& s, tensor_view<real> dx) {
      matmul(c.device, transpose::no, dy, transpose::no, weight_.value, 0, dx);
      if (weight_.trained()) matmul(c.device, transpose::yes, dy, transpose::no, s.x, 1, weight_.grad);
    }

    /// W (out, in), for whoever multiplies by parts of it: the absorbed products of latent attention, merging adapters.
    [[nodiscard]] parameter<real>& weight() { return weight_; }

   private:
    parameter<real> weight_;
  };
};

}  // namespace zer0

// The gated feed-forward.
#pragma once

#include <zer0/core/dims.hpp>
#include <zer0/core/roles.hpp>
#include <zer0/device/activation.hpp>
#include <zer0/layer/layer.hpp>
#include <zer0/layer/linear.hpp>

namespace zer0 {

/// W_down (act(W_gate x) * W_up x).
/// Shapes: x, y (N, D); gate and up (N, F) with F = dims::hidden(). Memory: keeps gate, up and their product: 3 N F
/// numbers. Source: Shazeer 2020, arXiv:2002.05202.
template <activation Activation, policy_for<linear_role> Linear = linear>
struct gated {
  using role = feed_forward_role;
  using linear_policy = Linear;
  template <policy_for<linear_role> L>
  using with_linear = gated<Activation, L>;

  template <device Device>
  class layer {
    using linear_type = layer_of<Linear, Device>;

   public:
    using real = typename Device::real;
    struct saved {
      tensor_view<real> gate, up;
      typename linear_type::saved gate_up, down;
    };

    explicit layer(const dims& sizes)
        : hidden_(sizes.hidden()),
          gate_up_(sizes, {{"gate_proj", hidden_}, {"up_proj", hidden_}}, sizes.dim),
          down_(sizes, {{"down_proj", sizes.dim}}, hidden_, residual_initial(sizes)) {}

    void parameters(parameter_list<real>& list) {
      gate_up_.parameters(list);
      down_.parameters(list);
    }

    void forward(context<Device>& c, tensor_view<const real> x, tensor_view<real> y, saved& s) {
      const tensor_view<real> both = c.keep.matrix(x.rows, 2 * hidden_);
      s.gate = both.col_block(0, hidden_);
      s.up = both.col_block(hidden_, hidden_);
      const tensor_view<real> h = c.keep.matrix(x.rows, hidden_);
      gate_up_.forward(c, x, both, s.gate_up);
      gate_forward(c.device, Activation(), s.gate, s.up, h);
      down_.forward(c, h, y, s.down);
    }

    void backward(context<Device>& c, tensor_view<const real> dy, const saved& s, tensor_view<real> dx) {
      const arena_scope<Device> scope(c.scratch);
      const tensor_view<real> dh = c.scratch.matrix(dy.rows, hidden_);
      const tensor_view<real> both = c.scratch.matrix(dy.rows, 2 * hidden_);
      down_.backward(c, dy, s.down, dh);
      gate_backward(c.device, Activation(), s.gate, s.up, dh, both.col_block(0, hidden_),
                    both.col_block(hidden_, hidden_));
      gate_up_.backward(c, both, s.gate_up, dx);
    }

   private:
    index_t hidden_;
    linear_type gate_up_;
    linear_type down_;
  };
};

}  // namespace zer0

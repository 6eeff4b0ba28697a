// The plain feed-forward: two linears with an activation between them.
#pragma once

#include <zer0/core/dims.hpp>
#include <zer0/core/roles.hpp>
#include <zer0/device/activation.hpp>
#include <zer0/layer/layer.hpp>
#include <zer0/layer/linear.hpp>

namespace zer0 {

/// W_down act(W_up x), each with what `Linear` adds.
/// Shapes: x, y (N, D); W_up (F, D) with F = dims::hidden(). Memory: keeps W_up x and its activation: 2 N F numbers.
/// Source: Vaswani et al. 2017, arXiv:1706.03762, section 3.3.
template <activation Activation, policy_for<linear_role> Linear = linear>
struct mlp {
  using role = feed_forward_role;
  using linear_policy = Linear;
  template <policy_for<linear_role> L>
  using with_linear = mlp<Activation, L>;

  template <device Device>
  class layer {
    using linear_type = layer_of<Linear, Device>;

   public:
    using real = typename Device::real;
    struct saved {
      tensor_view<real> z;
      typename linear_type::saved up, down;
    };

    explicit layer(const dims& sizes)
        : hidden_(sizes.hidden()),
          up_(sizes, {{"up_proj", hidden_}}, sizes.dim),
          down_(sizes, {{"down_proj", sizes.dim}}, hidden_, residual_initial(sizes)) {}

    void parameters(parameter_list<real>& list) {
      up_.parameters(list);
      down_.parameters(list);
    }

    void forward(context<Device>& c, tensor_view<const real> x, tensor_view<real> y, saved& s) {
      s.z = c.keep.matrix(x.rows, hidden_);
      const tensor_view<real> h = c.keep.matrix(x.rows, hidden_);
      up_.forward(c, x, s.z, s.up);
      activate_forward(c.device, Activation(), s.z, h);
      down_.forward(c, h, y, s.down);
    }

    void backward(context<Device>& c, tensor_view<const real> dy, const saved& s, tensor_view<real> dx) {
      const arena_scope<Device> scope(c.scratch);
      const tensor_view<real> dz = c.scratch.matrix(dy.rows, hidden_);
      down_.backward(c, dy, s.down, dz);
      activate_backward(c.device, Activation(), s.z, dz, dz);
      up_.backward(c, dz, s.up, dx);
    }

   private:
    index_t hidden_;
    linear_type up_;
    linear_type down_;
  };
};

}  // namespace zer0

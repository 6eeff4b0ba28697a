// Feed-forwards: two linears with an activation between them, plain or gated.
#pragma once

#include <zer0/core/dims.hpp>
#include <zer0/core/roles.hpp>
#include <zer0/device/activation.hpp>
#include <zer0/layer/biased.hpp>
#include <zer0/layer/layer.hpp>
#include <zer0/layer/linear.hpp>

namespace zer0 {
namespace detail {

/// What feed-forwards share: the linear up from width D to F = dims::hidden(), with one or more
/// outputs of width F, and the linear down from F to D.
template <policy_for<linear_role> Linear, device Device>
class up_and_down {
 public:
  void parameters(parameter_list<typename Device::real>& list) {
    up_.parameters(list);
    down_.parameters(list);
  }

 protected:
  using linear_type = layer_of<Linear, Device>;

  up_and_down(const dims& sizes, const projections_list& ups)
      : hidden_(sizes.hidden()),
        up_(sizes, ups, sizes.dim),
        down_(sizes, {{"down_proj", sizes.dim}}, hidden_, residual_initial(sizes)) {}

  index_t hidden_;
  linear_type up_;
  linear_type down_;
};

}  // namespace detail

/// y = W_down act(W_up x); `Linear` decides what the linears add (biases, adapters). Shapes: x, y
/// (N, D); W_up (F, D) with F = dims::hidden(). Memory: keeps W_up x and its activation: 2 N F
/// numbers. Source: Vaswani et al. 2017, arXiv:1706.03762, section 3.3.
template <activation Activation, policy_for<linear_role> Linear = linear>
struct mlp {
  using role = feed_forward_role;
  using linear_policy = Linear;
  template <policy_for<linear_role> L>
  using with_linear = mlp<Activation, L>;

  template <device Device>
  class layer : detail::up_and_down<Linear, Device> {
    using parts = detail::up_and_down<Linear, Device>;

   public:
    using parts::parameters;
    using real = typename Device::real;
    struct saved {
      tensor_view<real> z;
      typename parts::linear_type::saved up, down;
    };

    explicit layer(const dims& sizes) : parts(sizes, {{"up_proj", sizes.hidden()}}) {}

    void forward(context<Device>& c, tensor_view<const real> x, tensor_view<real> y, saved& s) {
      s.z = c.keep.matrix(x.rows, this->hidden_);
      const tensor_view<real> h = c.keep.matrix(x.rows, this->hidden_);
      this->up_.forward(c, x, s.z, s.up);
      activate_forward(c.device, Activation(), s.z, h);
      this->down_.forward(c, h, y, s.down);
    }

    void backward(context<Device>& c, tensor_view<const real> dy, const saved& s,
                  tensor_view<real> dx) {
      const arena_scope<Device> scope(c.scratch);
      const tensor_view<real> dz = c.scratch.matrix(dy.rows, this->hidden_);
      this->down_.backward(c, dy, s.down, dz);
      activate_backward(c.device, Activation(), s.z, dz, dz);
      this->up_.backward(c, dz, s.up, dx);
    }
  };
};

/// y = W_down (act(W_gate x) * W_up x); `Linear` decides what the linears add (biases, adapters).
/// Shapes: x, y (N, D); gate and up (N, F) with F = dims::hidden(). Memory: keeps gate, up and the
/// input of W_down: 3 N F numbers. Source: Shazeer 2020, arXiv:2002.05202.
template <activation Activation, policy_for<linear_role> Linear = linear>
struct gated {
  using role = feed_forward_role;
  using linear_policy = Linear;
  template <policy_for<linear_role> L>
  using with_linear = gated<Activation, L>;

  template <device Device>
  class layer : detail::up_and_down<Linear, Device> {
    using parts = detail::up_and_down<Linear, Device>;

   public:
    using parts::parameters;
    using real = typename Device::real;
    struct saved {
      tensor_view<real> gate, up;
      typename parts::linear_type::saved gate_up, down;
    };

    explicit layer(const dims& sizes)
        : parts(sizes, {{"gate_proj", sizes.hidden()}, {"up_proj", sizes.hidden()}}) {}

    void forward(context<Device>& c, tensor_view<const real> x, tensor_view<real> y, saved& s) {
      const index_t width = this->hidden_;
      const tensor_view<real> both = c.keep.matrix(x.rows, 2 * width);
      s.gate = both.col_block(0, width);
      s.up = both.col_block(width, width);
      const tensor_view<real> h = c.keep.matrix(x.rows, width);
      this->up_.forward(c, x, both, s.gate_up);
      gate_forward(c.device, Activation(), {.gate = s.gate, .up = s.up, .y = h});
      this->down_.forward(c, h, y, s.down);
    }

    void backward(context<Device>& c, tensor_view<const real> dy, const saved& s,
                  tensor_view<real> dx) {
      const index_t width = this->hidden_;
      const arena_scope<Device> scope(c.scratch);
      const tensor_view<real> dh = c.scratch.matrix(dy.rows, width);
      const tensor_view<real> both = c.scratch.matrix(dy.rows, 2 * width);
      this->down_.backward(c, dy, s.down, dh);
      gate_backward(c.device, Activation(),
                    {.gate = s.gate,
                     .up = s.up,
                     .dy = dh,
                     .dgate = both.col_block(0, width),
                     .dup = both.col_block(width, width)});
      this->up_.backward(c, both, s.gate_up, dx);
    }
  };
};

/// SwiGLU, of Llama and most models since: W_down (silu(W_gate x) * W_up x).
/// Source: Shazeer 2020, arXiv:2002.05202.
using swiglu = gated<silu>;

/// GeGLU, of Gemma and T5 1.1: W_down (gelu(W_gate x) * W_up x), with gelu's tanh approximation, as
/// in those models; `gated<gelu>` is the exact one. Source: Shazeer 2020, arXiv:2002.05202.
using geglu = gated<gelu_tanh>;

/// The feed-forward of GPT-2: W_down gelu(W_up x + b_up) + b_down, with gelu's tanh approximation.
/// Source: Radford et al. 2019, "Language models are unsupervised multitask learners"; Hendrycks &
/// Gimpel 2016, arXiv:1606.08415.
using gelu_mlp = mlp<gelu_tanh, biased<>>;

/// The feed-forward of Primer: W_down max(W_up x, 0)^2. Source: So et al. 2021, arXiv:2109.08668,
/// section 3.
using relu_squared_mlp = mlp<relu_squared>;

}  // namespace zer0

// LayerNorm: each row with mean 0 and variance 1, then scaled and shifted.
#pragma once

#include <zer0/core/dims.hpp>
#include <zer0/core/roles.hpp>
#include <zer0/layer/layer.hpp>

namespace zer0 {

/// y = (x - mean(x)) / sqrt(mean((x - mean(x))^2) + eps) * w + b.
/// Shapes: x, y (N, D), w, b (D). Memory: keeps the view of x and two numbers a row. Statistics in float at least.
/// Source: Ba et al. 2016, arXiv:1607.06450.
struct layer_norm {
  using role = norm_role;

  template <device Device>
  class layer {
   public:
    using real = typename Device::real;
    struct saved {
      tensor_view<const real> x;
      std::span<wide<real>> mean, rstd;
    };

    explicit layer(const dims& sizes)
        : eps_(sizes.norm_eps),
          weight_{
              .parts = {{"weight", 1}}, .cols = sizes.dim, .initial = {.mean = 1, .deviation = 0}, .is_matrix = false},
          bias_{.parts = {{"bias", 1}}, .cols = sizes.dim, .initial = {.deviation = 0}, .is_matrix = false} {}

    void parameters(parameter_list<real>& list) {
      list.add(weight_);
      list.add(bias_);
    }

    void forward(context<Device>& c, tensor_view<const real> x, tensor_view<real> y, saved& s) {
      s = {x, c.keep.template vector<wide<real>>(x.rows), c.keep.template vector<wide<real>>(x.rows)};
      layer_norm_forward(c.device, x, numbers(weight_), numbers(bias_), eps_, y, s.mean, s.rstd);
    }

    void backward(context<Device>& c, tensor_view<const real> dy, const saved& s, tensor_view<real> dx) {
      gradients(c, dy, s, 0, dx);
    }
    /// The same, added to dx.
    void backward_add(context<Device>& c, tensor_view<const real> dy, const saved& s, tensor_view<real> dx) {
      gradients(c, dy, s, 1, dx);
    }

   private:
    void gradients(context<Device>& c, tensor_view<const real> dy, const saved& s, double beta, tensor_view<real> dx) {
      const arena_scope<Device> scope(c.scratch);
      layer_norm_backward(c.device, s.x, numbers(weight_), s.mean, s.rstd, dy, beta, dx,
                          gradient_or_scratch(c, weight_), gradient_or_scratch(c, bias_));
    }
    static std::span<const real> numbers(const parameter<real>& p) {
      return {p.value.data, static_cast<std::size_t>(p.cols)};
    }

    double eps_;
    parameter<real> weight_, bias_;
  };
};

}  // namespace zer0

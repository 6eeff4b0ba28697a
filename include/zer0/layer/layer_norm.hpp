// LayerNorm: brings each row to mean 0 and variance 1, then scales and shifts it.
#pragma once

#include <zer0/core/dims.hpp>
#include <zer0/core/roles.hpp>
#include <zer0/layer/layer.hpp>

namespace zer0 {

/// y = (x - mean(x)) / sqrt(mean((x - mean(x))^2) + eps) * w + b. Shapes: x, y (N, D), w, b (D).
/// Memory: keeps the view of x and two numbers a row. Statistics are in float at least. Source: Ba
/// et al. 2016, arXiv:1607.06450.
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
          weight_{.parts = {{"weight", 1}},
                  .cols = sizes.dim,
                  .initial = {.mean = 1, .deviation = 0},
                  .kind = parameter_kind::vector},
          bias_{.parts = {{"bias", 1}},
                .cols = sizes.dim,
                .initial = {.deviation = 0},
                .kind = parameter_kind::vector} {}

    void parameters(parameter_list<real>& list) {
      list.add(weight_);
      list.add(bias_);
    }

    void forward(context<Device>& c, tensor_view<const real> x, tensor_view<real> y, saved& s) {
      s = {x, c.keep.template vector<wide<real>>(x.rows),
           c.keep.template vector<wide<real>>(x.rows)};
      layer_norm_forward(c.device, {.x = x,
                                    .weight = numbers_of(weight_),
                                    .bias = numbers_of(bias_),
                                    .eps = eps_,
                                    .y = y,
                                    .mean = s.mean,
                                    .rstd = s.rstd});
    }

    void backward(context<Device>& c, tensor_view<const real> dy, const saved& s,
                  tensor_view<real> dx) {
      gradients(c, dy, s, 0, dx);
    }
    /// Like `backward`, but adds to dx.
    void backward_add(context<Device>& c, tensor_view<const real> dy, const saved& s,
                      tensor_view<real> dx) {
      gradients(c, dy, s, 1, dx);
    }

   private:
    void gradients(context<Device>& c, tensor_view<const real> dy, const saved& s, double beta,
                   tensor_view<real> dx) {
      const arena_scope<Device> scope(c.scratch);
      layer_norm_backward(c.device, {.x = s.x,
                                     .weight = numbers_of(weight_),
                                     .mean = s.mean,
                                     .rstd = s.rstd,
                                     .dy = dy,
                                     .beta = beta,
                                     .dx = dx,
                                     .dweight = gradient_or_scratch(c, weight_),
                                     .dbias = gradient_or_scratch(c, bias_)});
    }

    double eps_;
    parameter<real> weight_, bias_;
  };
};

}  // namespace zer0

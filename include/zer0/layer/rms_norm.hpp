// RMSNorm: scales each row to unit root mean square.
#pragma once

#include <zer0/core/dims.hpp>
#include <zer0/core/roles.hpp>
#include <zer0/layer/layer.hpp>

namespace zer0 {

/// y = x / sqrt(mean(x^2) + eps) * w. Shapes: x, y (N, D), w (D). Memory: keeps the view of x and
/// one number a row. Statistics are in float at least. Source: Zhang & Sennrich 2019,
/// arXiv:1910.07467.
struct rms_norm {
  using role = norm_role;

  template <device Device>
  class layer {
   public:
    using real = typename Device::real;
    struct saved {
      tensor_view<const real> x;
      std::span<wide<real>> rstd;
    };

    explicit layer(const dims& sizes)
        : eps_(sizes.norm_eps),
          weight_{.parts = {{"weight", 1}},
                  .cols = sizes.dim,
                  .initial = {.mean = 1, .deviation = 0},
                  .kind = parameter_kind::vector} {}

    void parameters(parameter_list<real>& list) { list.add(weight_); }

    void forward(context<Device>& c, tensor_view<const real> x, tensor_view<real> y, saved& s) {
      s = {x, c.keep.template vector<wide<real>>(x.rows)};
      rms_norm_forward(
          c.device, {.x = x, .weight = numbers_of(weight_), .eps = eps_, .y = y, .rstd = s.rstd});
    }

    /// y = x + dropout(y) with drop probability p, then z = norm(y).
    void forward_sum(context<Device>& c, double p, random_stream mask, tensor_view<const real> x,
                     tensor_view<real> y, tensor_view<real> z, saved& s) {
      s = {y, c.keep.template vector<wide<real>>(x.rows)};
      add_rms_norm_forward(c.device, {.p = p,
                                      .stream = mask,
                                      .x = x,
                                      .y = y,
                                      .weight = numbers_of(weight_),
                                      .eps = eps_,
                                      .z = z,
                                      .rstd = s.rstd});
    }

    void backward(context<Device>& c, tensor_view<const real> dy, const saved& s,
                  tensor_view<real> dx) {
      input_gradient(c, dy, s, 0, dx);
    }
    /// Like `backward`, but adds to dx.
    void backward_add(context<Device>& c, tensor_view<const real> dy, const saved& s,
                      tensor_view<real> dx) {
      input_gradient(c, dy, s, 1, dx);
    }

   private:
    void input_gradient(context<Device>& c, tensor_view<const real> dy, const saved& s, double beta,
                        tensor_view<real> dx) {
      const arena_scope<Device> scope(c.scratch);
      rms_norm_backward(c.device, {.x = s.x,
                                   .weight = numbers_of(weight_),
                                   .rstd = s.rstd,
                                   .dy = dy,
                                   .beta = beta,
                                   .dx = dx,
                                   .dweight = gradient_or_scratch(c, weight_)});
    }

    double eps_;
    parameter<real> weight_;
  };
};

}  // namespace zer0

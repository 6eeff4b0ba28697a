// What is done to queries and keys before positions: nothing, or a norm of each head.
#pragma once

#include <zer0/layer/layer.hpp>

namespace zer0 {

/// Leaves queries and keys as the projection gives them. The default of an attention, and an
/// example of the members that a policy of this role has.
struct unchanged_query_key {
  using role = query_key_role;

  template <device Device>
  class layer {
   public:
    using real = typename Device::real;
    struct saved {};

    /// `pairing`: of the position policy. The weights of this layer follow its order of elements.
    layer(const dims& /*sizes*/, rope_pairing /*pairing*/) {}
    void parameters(parameter_list<real>& /*list*/) {}
    /// Changes q (N, H*C) and k (N, K*C) in place.
    void forward(context<Device>& /*c*/, tensor_view<real> /*q*/, tensor_view<real> /*k*/,
                 saved& /*s*/) {}
    /// Changes their gradients in place; adds to those of the parameters.
    void backward(context<Device>& /*c*/, tensor_view<real> /*dq*/, tensor_view<real> /*dk*/,
                  const saved& /*s*/) {}
  };
};

/// RMSNorm of each head of queries and keys, before positions turn them. All query heads share one
/// weight, all key heads another. A policy of an attention: gqa<qk_norm>. Shapes: q (N, H*C), k (N,
/// K*C), weights (C). Memory: keeps q and k from before the norm, (H + K) C numbers per token, and
/// H + K statistics per token. Names: "q_norm.weight", "k_norm.weight". Sources: Henry et al. 2020,
/// arXiv:2010.04245; this form: Dehghani et al. 2023, arXiv:2302.05442, section 2, and Qwen3,
/// arXiv:2505.09388, section 2.
struct qk_norm {
  using role = query_key_role;

  template <device Device>
  class layer {
   public:
    using real = typename Device::real;
    struct saved_norm {
      tensor_view<real> x;
      std::span<wide<real>> rstd;
    };
    struct saved {
      saved_norm q, k;
    };

    layer(const dims& sizes, rope_pairing pairing)
        : eps_(sizes.norm_eps),
          q_(weight("q_norm.weight", sizes, pairing)),
          k_(weight("k_norm.weight", sizes, pairing)) {}

    void parameters(parameter_list<real>& list) {
      list.add(q_);
      list.add(k_);
    }

    void forward(context<Device>& c, tensor_view<real> q, tensor_view<real> k, saved& s) {
      normalize(c, q_, q, s.q);
      normalize(c, k_, k, s.k);
    }

    void backward(context<Device>& c, tensor_view<real> dq, tensor_view<real> dk, const saved& s) {
      backward(c, q_, dq, s.q);
      backward(c, k_, dk, s.k);
    }

   private:
    /// A weight (C), its elements in the order of the projection's rows; files hold them
    /// half-split.
    static parameter<real> weight(const char* name, const dims& sizes, rope_pairing pairing) {
      return {.parts = {{name, sizes.head_size(), pairing == rope_pairing::interleaved ? 1 : 0}},
              .cols = 1,
              .initial = {.mean = 1, .deviation = 0},
              .kind = parameter_kind::vector};
    }

    void normalize(context<Device>& c, const parameter<real>& p, tensor_view<real> x,
                   saved_norm& s) const {
      s.x = c.keep.matrix(x.rows, x.cols);
      s.rstd = c.keep.template vector<wide<real>>(x.rows * (x.cols / p.elements()));
      copy(c.device, x, s.x);
      rms_norm_forward(c.device,
                       {.x = s.x, .weight = numbers_of(p), .eps = eps_, .y = x, .rstd = s.rstd});
    }
    static void backward(context<Device>& c, const parameter<real>& p, tensor_view<real> dx,
                         const saved_norm& s) {
      const arena_scope<Device> scope(c.scratch);
      const tensor_view<real> dy = c.scratch.matrix(dx.rows, dx.cols);
      copy(c.device, dx, dy);
      rms_norm_backward(c.device, {.x = s.x,
                                   .weight = numbers_of(p),
                                   .rstd = s.rstd,
                                   .dy = dy,
                                   .beta = 0,
                                   .dx = dx,
                                   .dweight = gradient_or_scratch(c, p)});
    }

    double eps_;
    parameter<real> q_, k_;
  };
};

}  // namespace zer0

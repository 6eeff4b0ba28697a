// What an attention does if its policies do not say otherwise: every older key is seen, scores, queries and keys stay.
#pragma once

#include <zer0/layer/layer.hpp>

namespace zer0 {

/// A query sees all older keys of its sequence, and its own.
struct causal {
  using role = attention_mask_role;
  static void apply(const dims& /*sizes*/, attention_sizes& /*a*/) {}
};

/// Scores are scale * q k^T.
struct plain_scores {
  using role = attention_score_role;
  static void apply(const dims& /*sizes*/, attention_sizes& /*a*/) {}
};

/// Queries and keys are what the projection gives.
struct unchanged_query_key {
  using role = query_key_role;

  template <device Device>
  class layer {
   public:
    using real = typename Device::real;
    struct saved {};

    /// `pairing`: of the positions that come after, whose order the weights of a file have to follow.
    layer(const dims& /*sizes*/, rope_pairing /*pairing*/) {}
    void parameters(parameter_list<real>& /*list*/) {}
    /// q (N, H*C) and k (N, K*C), in place.
    void forward(context<Device>& /*c*/, tensor_view<real> /*q*/, tensor_view<real> /*k*/, saved& /*s*/) {}
    /// Their gradients, in place; those of the parameters are added to.
    void backward(context<Device>& /*c*/, tensor_view<real> /*dq*/, tensor_view<real> /*dk*/, const saved& /*s*/) {}
  };
};

}  // namespace zer0

// Attention without positions.
#pragma once

#include <zer0/layer/layer.hpp>

namespace zer0 {

/// Queries and keys are not turned: what tells tokens apart are positions added to the embedding (learned_positions),
/// or the causal mask alone. A position for an attention: gqa<no_position>. Source: Kazemnejad et al. 2023,
/// arXiv:2305.19466.
struct no_position {
  using role = position_role;
  static constexpr rope_pairing pairing = rope_pairing::half_split;  ///< rows of projections are in the order of files

  template <device Device>
  class layer {
   public:
    using real = typename Device::real;

    explicit layer(const dims& /*sizes*/) {}
    void parameters(parameter_list<real>& /*list*/) {}
    void forward(context<Device>& /*c*/, tensor_view<real> /*x*/) {}
    void backward(context<Device>& /*c*/, tensor_view<real> /*dx*/) {}
  };
};

}  // namespace zer0

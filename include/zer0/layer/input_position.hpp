// Positions that are added to the embedding of a token: here, none.
#pragma once

#include <zer0/core/dims.hpp>
#include <zer0/core/roles.hpp>
#include <zer0/layer/context.hpp>
#include <zer0/layer/parameter.hpp>

namespace zer0 {

/// What a policy of this role offers, doing nothing: attention knows the positions (rope), or nobody does.
struct no_input_position {
  using role = input_position_role;

  template <device Device>
  class layer {
   public:
    using real = typename Device::real;

    explicit layer(const dims& /*sizes*/) {}
    void parameters(parameter_list<real>& /*list*/) {}
    /// y (N, D): the embedded tokens, to which what `c.layout.positions` say is added.
    void forward(context<Device>& /*c*/, tensor_view<real> /*y*/) {}
    /// Adds to the gradients of the parameters; dy is not changed.
    void backward(context<Device>& /*c*/, tensor_view<const real> /*dy*/) {}
  };
};

}  // namespace zer0

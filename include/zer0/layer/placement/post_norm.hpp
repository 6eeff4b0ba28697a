// Post-norm: the norm follows the addition of a branch.
#pragma once

#include <zer0/layer/residual_stream.hpp>

namespace zer0 {

/// stream = norm(stream + dropout(branch(stream))), without a norm after the last block. Shapes:
/// stream (N, D). Memory: keeps the sum and its norm, 2 N D numbers, and what norm and branch keep.
/// Source: Vaswani et al. 2017, arXiv:1706.03762, section 3.1.
struct post_norm {
  using role = placement_role;
  static constexpr bool final_norm = false;

  template <policy_for<norm_role> Norm, policy Branch, device Device>
  class branch : public placed_branch<Norm, Branch, Device> {
    using parts = placed_branch<Norm, Branch, Device>;

   public:
    using parts::parts;
    using typename parts::cache, typename parts::real, typename parts::saved;

    /// Branch, then norm: the order in which they act.
    void parameters(parameter_list<real>& list) {
      list.add(this->branch_name_, this->branch_);
      list.add(this->norm_name_, this->norm_);
    }

    void forward(context<Device>& c, residual_stream<Device>& stream, saved& s) {
      const tensor_view<real> y = c.keep.matrix(stream.rows(), stream.cols());
      const tensor_view<real> normed = c.keep.matrix(stream.rows(), stream.cols());
      this->branch_.forward(c, tensor_view<const real>(stream.value(c)), y, s.branch);
      this->add_to(c, stream, y, s);
      stream.normed(c, this->norm_, normed, s.norm);
      stream = residual_stream<Device>(normed);
    }

    /// dstream: given as the gradient of the stream after this branch, becomes that of the stream
    /// before it.
    void backward(context<Device>& c, const saved& s, tensor_view<real> dstream) {
      const arena_scope<Device> scope(c.scratch);
      const tensor_view<real> dsum = c.scratch.matrix(dstream.rows, dstream.cols);
      this->norm_.backward(c, tensor_view<const real>(dstream), s.norm, dsum);
      this->branch_.backward(c, this->added_gradient(c, s, dsum), s.branch, dstream);
      add(c.device, tensor_view<const real>(dsum), dstream);
    }

    /// forward for new tokens; keeps nothing for backward. The new stream overwrites the old one.
    void extend(context<Device>& c, residual_stream<Device>& stream, cache& memory) {
      const tensor_view<real> x = stream.value(c);
      const arena_scope<Device> kept(c.keep);
      const tensor_view<real> y = c.keep.matrix(x.rows, x.cols);
      zer0::extend(this->branch_, c, tensor_view<const real>(x), y, memory);
      add(c.device, tensor_view<const real>(x), y);
      typename parts::norm_layer::saved discarded;
      this->norm_.forward(c, tensor_view<const real>(y), x, discarded);
    }
  };
};

}  // namespace zer0

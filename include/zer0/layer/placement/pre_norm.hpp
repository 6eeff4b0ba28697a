// Pre-norm: a branch reads norm(stream).
#pragma once

#include <zer0/layer/residual_stream.hpp>

namespace zer0 {

/// stream += dropout(branch(norm(stream))), and a norm follows the last block. The default, as in
/// most models. Shapes: stream (N, D). Memory: keeps norm(stream) and the branch's output, which
/// the next value of the stream overwrites (2 N D numbers), and what norm and branch keep. Source:
/// Xiong et al. 2020, arXiv:2002.04745; Radford et al. 2019, "Language models are unsupervised
/// multitask learners", section 2.3.
struct pre_norm {
  using role = placement_role;
  static constexpr bool final_norm = true;

  template <policy_for<norm_role> Norm, policy Branch, device Device>
  class branch : public placed_branch<Norm, Branch, Device> {
    using parts = placed_branch<Norm, Branch, Device>;

   public:
    using parts::parts;
    using typename parts::cache, typename parts::real, typename parts::saved;

    void forward(context<Device>& c, residual_stream<Device>& stream, saved& s) {
      const tensor_view<real> normed = c.keep.matrix(stream.rows(), stream.cols());
      const tensor_view<real> y = c.keep.matrix(stream.rows(), stream.cols());
      stream.normed(c, this->norm_, normed, s.norm);
      this->branch_.forward(c, normed, y, s.branch);
      this->add_to(c, stream, y, s);
    }

    /// dstream: given as the gradient of the stream after this branch, becomes that of the stream
    /// before it.
    void backward(context<Device>& c, const saved& s, tensor_view<real> dstream) {
      const arena_scope<Device> scope(c.scratch);
      const tensor_view<real> dnormed = c.scratch.matrix(dstream.rows, dstream.cols);
      this->branch_.backward(c, this->added_gradient(c, s, dstream), s.branch, dnormed);
      backward_add(this->norm_, c, tensor_view<const real>(dnormed), s.norm, dstream);
    }

    /// forward for new tokens; keeps nothing for backward.
    void extend(context<Device>& c, residual_stream<Device>& stream, cache& memory) {
      const tensor_view<real> y = stream.room(c.keep);
      const arena_scope<Device> kept(c.keep);
      const tensor_view<real> normed = c.keep.matrix(stream.rows(), stream.cols());
      typename parts::norm_layer::saved discarded;
      stream.normed(c, this->norm_, normed, discarded);
      zer0::extend(this->branch_, c, tensor_view<const real>(normed), y, memory);
      stream.add(y, 0, {});
    }
  };
};

}  // namespace zer0

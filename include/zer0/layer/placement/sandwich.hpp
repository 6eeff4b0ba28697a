// Sandwich: a norm before and a norm after each branch.
#pragma once

#include <zer0/layer/residual_stream.hpp>

namespace zer0 {

/// stream += dropout(norm_out(branch(norm(stream)))), and a norm follows the last block. Shapes:
/// stream (N, D). Memory: keeps norm(stream), the branch's output, and the norm of that, which the
/// next value of the stream overwrites (3 N D numbers), and what norms and branch keep. Names:
/// norm_out of "mlp" is "mlp_layernorm". Source: Gemma 2, arXiv:2408.00118, section 2; Ding et al.
/// 2021, arXiv:2105.13290, section 2.4.
struct sandwich {
  using role = placement_role;
  static constexpr bool final_norm = true;

  template <policy_for<norm_role> Norm, policy Branch, device Device>
  class branch : public placed_branch<Norm, Branch, Device> {
    using parts = placed_branch<Norm, Branch, Device>;
    using norm_layer = typename parts::norm_layer;

   public:
    using typename parts::cache, typename parts::real;
    struct saved : parts::saved {
      typename norm_layer::saved norm_out;
    };

    branch(const dims& sizes, std::string norm_name, std::string branch_name)
        : parts(sizes, std::move(norm_name), std::move(branch_name)), norm_out_(sizes) {}

    void parameters(parameter_list<real>& list) {
      parts::parameters(list);
      list.add(this->branch_name_ + "_layernorm", norm_out_);
    }

    void forward(context<Device>& c, residual_stream<Device>& stream, saved& s) {
      const tensor_view<real> normed = c.keep.matrix(stream.rows(), stream.cols());
      const tensor_view<real> y = c.keep.matrix(stream.rows(), stream.cols());
      const tensor_view<real> z = c.keep.matrix(stream.rows(), stream.cols());
      stream.normed(c, this->norm_, normed, s.norm);
      this->branch_.forward(c, tensor_view<const real>(normed), y, s.branch);
      norm_out_.forward(c, tensor_view<const real>(y), z, s.norm_out);
      this->add_to(c, stream, z, s);
    }

    /// dstream: given as the gradient of the stream after this branch, becomes that of the stream
    /// before it.
    void backward(context<Device>& c, const saved& s, tensor_view<real> dstream) {
      const arena_scope<Device> scope(c.scratch);
      const tensor_view<real> dy = c.scratch.matrix(dstream.rows, dstream.cols);
      const tensor_view<real> dnormed = c.scratch.matrix(dstream.rows, dstream.cols);
      norm_out_.backward(c, this->added_gradient(c, s, dstream), s.norm_out, dy);
      this->branch_.backward(c, tensor_view<const real>(dy), s.branch, dnormed);
      backward_add(this->norm_, c, tensor_view<const real>(dnormed), s.norm, dstream);
    }

    /// forward for new tokens; keeps nothing for backward.
    void extend(context<Device>& c, residual_stream<Device>& stream, cache& memory) {
      const tensor_view<real> z = stream.room(c.keep);
      const arena_scope<Device> kept(c.keep);
      const tensor_view<real> normed = c.keep.matrix(stream.rows(), stream.cols());
      const tensor_view<real> y = c.keep.matrix(stream.rows(), stream.cols());
      typename norm_layer::saved discarded;
      stream.normed(c, this->norm_, normed, discarded);
      zer0::extend(this->branch_, c, tensor_view<const real>(normed), y, memory);
      norm_out_.forward(c, tensor_view<const real>(y), z, discarded);
      stream.add(z, 0, {});
    }

   private:
    norm_layer norm_out_;
  };
};

}  // namespace zer0

// Sandwich: norms before and after each branch.
#pragma once

#include <zer0/core/roles.hpp>
#include <zer0/layer/residual_stream.hpp>

namespace zer0 {

/// stream += dropout(norm_out(branch(norm_in(stream)))), and a norm after the last block.
/// Shapes: stream (N, D). Memory: keeps norm_in(stream), the branch's output and its norm, which becomes the next sum
/// of the stream, and what norms and branch keep. Names: norm_out of "mlp" is "mlp_layernorm".
/// Source: Gemma 2, arXiv:2408.00118, section 2; Ding et al. 2021, arXiv:2105.13290, section 2.4.
struct sandwich {
  using role = placement_role;
  static constexpr bool final_norm = true;

  template <policy_for<norm_role> Norm, policy Branch, device Device>
  class branch {
   public:
    using real = typename Device::real;
    using norm_layer = layer_of<Norm, Device>;
    using branch_layer = layer_of<Branch, Device>;
    using cache = cache_of<branch_layer, Device>;
    struct saved {
      typename norm_layer::saved norm_in, norm_out;
      typename branch_layer::saved branch;
      random_stream mask;
    };

    branch(const dims& sizes, std::string norm_name, std::string branch_name)
        : dropout_(sizes.dropout),
          norm_name_(std::move(norm_name)),
          branch_name_(std::move(branch_name)),
          norm_in_(sizes),
          norm_out_(sizes),
          branch_(sizes) {}

    void parameters(parameter_list<real>& list) {
      list.add(norm_name_, norm_in_);
      list.add(branch_name_, branch_);
      list.add(branch_name_ + "_layernorm", norm_out_);
    }

    void forward(context<Device>& c, residual_stream<Device>& stream, saved& s) {
      const tensor_view<real> normed = c.keep.matrix(stream.rows(), stream.cols());
      const tensor_view<real> y = c.keep.matrix(stream.rows(), stream.cols());
      const tensor_view<real> z = c.keep.matrix(stream.rows(), stream.cols());
      stream.normed(c, norm_in_, normed, s.norm_in);
      branch_.forward(c, tensor_view<const real>(normed), y, s.branch);
      norm_out_.forward(c, tensor_view<const real>(y), z, s.norm_out);
      s.mask = c.next_stream();
      stream.add(z, c.training ? dropout_ : 0, s.mask);
    }

    /// dstream: the gradient of the stream after this branch, then of the stream before it.
    void backward(context<Device>& c, const saved& s, tensor_view<real> dstream) {
      const arena_scope<Device> scope(c.scratch);
      const tensor_view<real> dy = c.scratch.matrix(dstream.rows, dstream.cols);
      const tensor_view<real> dnormed = c.scratch.matrix(dstream.rows, dstream.cols);
      norm_out_.backward(c, gradient_through_dropout(c, dropout_, s.mask, dstream), s.norm_out, dy);
      branch_.backward(c, tensor_view<const real>(dy), s.branch, dnormed);
      backward_add(norm_in_, c, tensor_view<const real>(dnormed), s.norm_in, dstream);
    }

    void finish_step(Device& d) { zer0::finish_step(branch_, d); }

    [[nodiscard]] cache make_cache(Device& d, index_t sequences, index_t capacity) const {
      return zer0::make_cache(branch_, d, sequences, capacity);
    }

    /// forward for new tokens, which keeps nothing.
    void extend(context<Device>& c, residual_stream<Device>& stream, cache& memory) {
      const tensor_view<real> z = stream.room(c.keep);
      const arena_scope<Device> kept(c.keep);
      const tensor_view<real> normed = c.keep.matrix(stream.rows(), stream.cols());
      const tensor_view<real> y = c.keep.matrix(stream.rows(), stream.cols());
      typename norm_layer::saved discarded;
      stream.normed(c, norm_in_, normed, discarded);
      zer0::extend(branch_, c, tensor_view<const real>(normed), y, memory);
      norm_out_.forward(c, tensor_view<const real>(y), z, discarded);
      stream.add(z, 0, {});
    }

   private:
    double dropout_;
    std::string norm_name_;
    std::string branch_name_;
    norm_layer norm_in_, norm_out_;
    branch_layer branch_;
  };
};

}  // namespace zer0

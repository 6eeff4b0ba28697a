// Post-norm: the stream is normed after a branch was added.
#pragma once

#include <zer0/core/roles.hpp>
#include <zer0/layer/residual_stream.hpp>

namespace zer0 {

/// stream = norm(stream + dropout(branch(stream))), and no norm after the last block.
/// Shapes: stream (N, D). Memory: keeps both sums and norms of the stream, and what norm and branch keep.
/// Source: Vaswani et al. 2017, arXiv:1706.03762, section 3.1.
struct post_norm {
  using role = placement_role;
  static constexpr bool final_norm = false;

  template <policy_for<norm_role> Norm, policy Branch, device Device>
  class branch {
   public:
    using real = typename Device::real;
    using norm_layer = layer_of<Norm, Device>;
    using branch_layer = layer_of<Branch, Device>;
    using cache = cache_of<branch_layer, Device>;
    struct saved {
      typename norm_layer::saved norm;
      typename branch_layer::saved branch;
      random_stream mask;
    };

    branch(const dims& sizes, std::string norm_name, std::string branch_name)
        : dropout_(sizes.dropout),
          norm_name_(std::move(norm_name)),
          branch_name_(std::move(branch_name)),
          norm_(sizes),
          branch_(sizes) {}

    void parameters(parameter_list<real>& list) {
      list.add(branch_name_, branch_);
      list.add(norm_name_, norm_);
    }

    void forward(context<Device>& c, residual_stream<Device>& stream, saved& s) {
      const tensor_view<real> y = c.keep.matrix(stream.rows(), stream.cols());
      const tensor_view<real> normed = c.keep.matrix(stream.rows(), stream.cols());
      branch_.forward(c, tensor_view<const real>(stream.value(c)), y, s.branch);
      s.mask = c.next_stream();
      stream.add(y, c.training ? dropout_ : 0, s.mask);
      stream.normed(c, norm_, normed, s.norm);
      stream = residual_stream<Device>(normed);
    }

    /// dstream: the gradient of the stream after this branch, then of the stream before it.
    void backward(context<Device>& c, const saved& s, tensor_view<real> dstream) {
      const arena_scope<Device> scope(c.scratch);
      const tensor_view<real> dsum = c.scratch.matrix(dstream.rows, dstream.cols);
      norm_.backward(c, tensor_view<const real>(dstream), s.norm, dsum);
      branch_.backward(c, gradient_through_dropout(c, dropout_, s.mask, dsum), s.branch, dstream);
      add(c.device, tensor_view<const real>(dsum), dstream);
    }

    void finish_step(Device& d) { zer0::finish_step(branch_, d); }

    [[nodiscard]] cache make_cache(Device& d, index_t sequences, index_t capacity) const {
      return zer0::make_cache(branch_, d, sequences, capacity);
    }

    /// forward for new tokens, which keeps nothing: the new stream takes the place of the old one.
    void extend(context<Device>& c, residual_stream<Device>& stream, cache& memory) {
      const tensor_view<real> x = stream.value(c);
      const arena_scope<Device> kept(c.keep);
      const tensor_view<real> y = c.keep.matrix(x.rows, x.cols);
      zer0::extend(branch_, c, tensor_view<const real>(x), y, memory);
      add(c.device, tensor_view<const real>(x), y);
      typename norm_layer::saved discarded;
      norm_.forward(c, tensor_view<const real>(y), x, discarded);
    }

   private:
    double dropout_;
    std::string norm_name_;
    std::string branch_name_;
    norm_layer norm_;
    branch_layer branch_;
  };
};

}  // namespace zer0

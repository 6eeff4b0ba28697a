// The pre-norm residual: a branch added to the stream.
#pragma once

#include <zer0/core/dims.hpp>
#include <zer0/layer/residual_stream.hpp>

namespace zer0 {

/// stream += dropout(branch(norm(stream))), dropout in training only.
/// Shapes: stream (N, D). Memory: keeps norm(stream), the branch's output, which becomes the next sum of the stream,
/// and what norm and branch keep.
template <policy_for<norm_role> Norm, policy Branch, device Device>
class residual {
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

  residual(const dims& sizes, std::string norm_name, std::string branch_name)
      : dropout_(sizes.dropout),
        norm_name_(std::move(norm_name)),
        branch_name_(std::move(branch_name)),
        norm_(sizes),
        branch_(sizes) {}

  void parameters(parameter_list<real>& list) {
    list.add(norm_name_, norm_);
    list.add(branch_name_, branch_);
  }

  void forward(context<Device>& c, residual_stream<Device>& stream, saved& s) {
    const tensor_view<real> normed = c.keep.matrix(stream.rows(), stream.cols());
    const tensor_view<real> y = c.keep.matrix(stream.rows(), stream.cols());
    stream.normed(c, norm_, normed, s.norm);
    branch_.forward(c, normed, y, s.branch);
    s.mask = c.next_stream();
    stream.add(y, c.training ? dropout_ : 0, s.mask);
  }

  /// dstream: the gradient of the stream after this branch, then of the stream before it.
  void backward(context<Device>& c, const saved& s, tensor_view<real> dstream) {
    const arena_scope<Device> scope(c.scratch);
    const tensor_view<real> dnormed = c.scratch.matrix(dstream.rows, dstream.cols);
    branch_.backward(c, gradient_through_dropout(c, dropout_, s.mask, dstream), s.branch, dnormed);
    backward_add(norm_, c, tensor_view<const real>(dnormed), s.norm, dstream);
  }

  void finish_step(Device& d) { zer0::finish_step(branch_, d); }

  [[nodiscard]] cache make_cache(Device& d, index_t sequences, index_t capacity) const {
    return zer0::make_cache(branch_, d, sequences, capacity);
  }

  /// forward for new tokens, which keeps nothing.
  void extend(context<Device>& c, residual_stream<Device>& stream, cache& memory) {
    const tensor_view<real> y = stream.room(c.keep);
    const arena_scope<Device> kept(c.keep);
    const tensor_view<real> normed = c.keep.matrix(stream.rows(), stream.cols());
    typename norm_layer::saved discarded;
    stream.normed(c, norm_, normed, discarded);
    zer0::extend(branch_, c, tensor_view<const real>(normed), y, memory);
    stream.add(y, 0, {});
  }

 private:
  double dropout_;
  std::string norm_name_;
  std::string branch_name_;
  norm_layer norm_;
  branch_layer branch_;
};

}  // namespace zer0

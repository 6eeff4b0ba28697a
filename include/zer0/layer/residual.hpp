// The pre-norm residual: a branch added to the stream.
#pragma once

#include <zer0/core/dims.hpp>
#include <zer0/layer/layer.hpp>

namespace zer0 {

/// y = x + dropout(branch(norm(x))), dropout in training only.
/// Shapes: x, y (N, D). Memory: keeps norm(x) and what norm and branch keep; x must stay valid until backward.
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
    random_stream stream;
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

  void forward(context<Device>& c, tensor_view<const real> x, tensor_view<real> y, saved& s) {
    const tensor_view<real> normed = c.keep.matrix(x.rows, x.cols);
    norm_.forward(c, x, normed, s.norm);
    branch_.forward(c, normed, y, s.branch);
    s.stream = c.next_stream();
    if (drops(c)) apply_dropout(c.device, dropout_, s.stream, y, y);
    add(c.device, x, y);
  }

  void backward(context<Device>& c, tensor_view<const real> dy, const saved& s, tensor_view<real> dx) {
    const arena_scope<Device> scope(c.scratch);
    const tensor_view<real> dbranch = c.scratch.matrix(dy.rows, dy.cols);
    const tensor_view<real> dnormed = c.scratch.matrix(dy.rows, dy.cols);
    if (drops(c)) apply_dropout(c.device, dropout_, s.stream, dy, dbranch);
    branch_.backward(c, drops(c) ? dbranch : dy, s.branch, dnormed);
    norm_.backward(c, dnormed, s.norm, dx);
    add(c.device, dy, dx);
  }

  [[nodiscard]] cache make_cache(Device& d, index_t sequences, index_t capacity) const {
    return zer0::make_cache(branch_, d, sequences, capacity);
  }

  void extend(context<Device>& c, tensor_view<const real> x, tensor_view<real> y, cache& memory) {
    const arena_scope<Device> kept(c.keep);
    const tensor_view<real> normed = c.keep.matrix(x.rows, x.cols);
    typename norm_layer::saved discarded;
    norm_.forward(c, x, normed, discarded);
    zer0::extend(branch_, c, tensor_view<const real>(normed), y, memory);
    add(c.device, x, y);
  }

 private:
  [[nodiscard]] bool drops(const context<Device>& c) const { return c.training && dropout_ > 0; }

  double dropout_;
  std::string norm_name_;
  std::string branch_name_;
  norm_layer norm_;
  branch_layer branch_;
};

}  // namespace zer0

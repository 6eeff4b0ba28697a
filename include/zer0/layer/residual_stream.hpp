// The residual stream, and what all norm placements share.
#pragma once

#include <zer0/core/dims.hpp>
#include <zer0/core/roles.hpp>
#include <zer0/layer/layer.hpp>

#include <string>
#include <utility>

namespace zer0 {

/// The residual stream (N, D) between the layers of a model. Adding a branch (attention,
/// feed-forward) makes it x + dropout(branch). The addition waits for the next norm, which reads
/// the sum anyway: so it needs no pass of its own over memory. The sum is written over the branch's
/// output.
template <device Device>
class residual_stream {
 public:
  using real = typename Device::real;

  explicit residual_stream(tensor_view<real> x) : x_(x) {}

  [[nodiscard]] index_t rows() const { return x_.rows; }
  [[nodiscard]] index_t cols() const { return x_.cols; }

  /// y = norm(stream). `s` may refer to the stream's memory.
  template <class Norm>
  void normed(context<Device>& c, Norm& norm, tensor_view<real> y, typename Norm::saved& s) {
    if constexpr (norms_a_sum<Norm, Device>) {
      if (waiting_) {
        norm.forward_sum(c, dropout_, mask_, x_, branch_, y, s);
        return move_on();
      }
    }
    settle(c);
    norm.forward(c, x_, y, s);
  }

  /// Adds dropout(branch) with drop probability p to the stream. The stream goes on using the
  /// memory of `branch`.
  void add(tensor_view<real> branch, double p, random_stream mask) {
    branch_ = branch;
    dropout_ = p;
    mask_ = mask;
    waiting_ = true;
  }

  /// Memory (N, D) for the output of the next branch, in a pass that keeps nothing for backward:
  /// that of an earlier value of the stream if there is one.
  [[nodiscard]] tensor_view<real> room(arena<Device>& memory) {
    return older_.data == nullptr ? memory.matrix(rows(), cols()) : older_;
  }

  /// The value of the stream (N, D); first does the addition that waits, if there is one.
  [[nodiscard]] tensor_view<real> value(context<Device>& c) {
    settle(c);
    return x_;
  }

 private:
  void settle(context<Device>& c) {
    if (!waiting_) return;
    add_dropout(c.device, dropout_, mask_, x_, branch_);
    move_on();
  }
  void move_on() {
    older_ = x_;
    x_ = branch_;
    waiting_ = false;
  }

  tensor_view<real> x_, branch_{}, older_{};
  double dropout_ = 0;
  random_stream mask_{};
  bool waiting_ = false;
};

/// The base of a placement's `branch`: one branch (attention, feed-forward) with its norm, the
/// names of both in files, and the dropout of the branch's output. A placement adds `forward`,
/// `backward` and `extend`; see placement/pre_norm.hpp.
template <policy_for<norm_role> Norm, policy Branch, device Device>
class placed_branch {
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

  placed_branch(const dims& sizes, std::string norm_name, std::string branch_name)
      : dropout_(sizes.dropout),
        norm_name_(std::move(norm_name)),
        branch_name_(std::move(branch_name)),
        norm_(sizes),
        branch_(sizes) {}

  void parameters(parameter_list<real>& list) {
    list.add(norm_name_, norm_);
    list.add(branch_name_, branch_);
  }

  void finish_step(Device& d) { zer0::finish_step(branch_, d); }

  [[nodiscard]] cache make_cache(Device& d, index_t sequences, index_t capacity) const {
    return zer0::make_cache(branch_, d, sequences, capacity);
  }

 protected:
  /// stream += dropout(y), with dropout in training only. The stream goes on using the memory of y.
  void add_to(context<Device>& c, residual_stream<Device>& stream, tensor_view<real> y, saved& s) {
    s.mask = c.next_stream();
    stream.add(y, c.training ? dropout_ : 0, s.mask);
  }

  /// The gradient of the y of `add_to`, given that of the stream: dstream itself, or, if there was
  /// dropout, dstream through the same dropout mask, in scratch memory.
  tensor_view<const real> added_gradient(context<Device>& c, const saved& s,
                                         tensor_view<real> dstream) const {
    if (!c.training || dropout_ == 0) return dstream;
    const tensor_view<real> kept = c.scratch.matrix(dstream.rows, dstream.cols);
    apply_dropout(c.device, dropout_, s.mask, dstream, kept);
    return kept;
  }

  double dropout_;
  std::string norm_name_;
  std::string branch_name_;
  norm_layer norm_;
  branch_layer branch_;
};

}  // namespace zer0

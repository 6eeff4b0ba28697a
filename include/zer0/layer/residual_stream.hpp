// The residual stream: a sum that is formed where it is next normed.
#pragma once

#include <zer0/layer/layer.hpp>

namespace zer0 {

/// The stream (N, D) between the layers of a model: x + dropout(branch). A branch's output waits until the next norm,
/// which reads all of it anyway, so that adding costs no pass of its own. The sum takes the place of the branch's
/// output. Without a branch waiting it is x.
template <device Device>
class residual_stream {
 public:
  using real = typename Device::real;

  explicit residual_stream(tensor_view<real> x) : x_(x) {}

  [[nodiscard]] index_t rows() const { return x_.rows; }
  [[nodiscard]] index_t cols() const { return x_.cols; }

  /// y = norm(stream). The norm's `saved` may name the stream's memory.
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

  /// The stream is now what it was + dropout(branch) with probability p. `branch` becomes part of the stream.
  void add(tensor_view<real> branch, double p, random_stream mask) {
    branch_ = branch;
    dropout_ = p;
    mask_ = mask;
    waiting_ = true;
  }

  /// Memory like the stream's for the next branch in a pass that keeps nothing: that of an older sum if there is one.
  [[nodiscard]] tensor_view<real> room(arena<Device>& memory) {
    return older_.data == nullptr ? memory.matrix(rows(), cols()) : older_;
  }

  /// The stream's value.
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

/// The gradient of a branch's output, of which dropout with probability p was added to the stream in training: dy, or
/// in scratch memory what of it was not dropped.
template <device Device>
tensor_view<const typename Device::real> gradient_through_dropout(context<Device>& c, double p, random_stream mask,
                                                                  tensor_view<typename Device::real> dy) {
  if (!c.training || p == 0) return dy;
  const tensor_view<typename Device::real> kept = c.scratch.matrix(dy.rows, dy.cols);
  apply_dropout(c.device, p, mask, dy, kept);
  return kept;
}

}  // namespace zer0

// Linear: y = x W^T, with one or several named outputs side by side.
#pragma once

#include <zer0/layer/context.hpp>
#include <zer0/layer/parameter.hpp>

namespace zer0 {

/// y = x W^T. W (out, in) may be several weights one below the other (q, k and v; gate and up): one product reads x
/// once. Shapes: x (N, in), y (N, out). Memory: keeps the view of x; x must stay valid until backward.
template <device Device>
class linear {
 public:
  using real = typename Device::real;
  struct saved {
    tensor_view<const real> x;
  };

  linear(std::vector<parameter_part> outputs, index_t in, initial_values initial = {})
      : weight_{.parts = std::move(outputs), .cols = in, .initial = initial} {}

  void parameters(parameter_list<real>& list) { list.add(weight_); }
  [[nodiscard]] index_t outputs() const { return weight_.rows(); }

  void forward(context<Device>& c, tensor_view<const real> x, tensor_view<real> y, saved& s) {
    s.x = x;
    matmul(c.device, transpose::no, x, transpose::yes, weight_.value, 0, y);
  }

  /// dx is written, the gradient of W added to.
  void backward(context<Device>& c, tensor_view<const real> dy, const saved& s, tensor_view<real> dx) {
    matmul(c.device, transpose::no, dy, transpose::no, weight_.value, 0, dx);
    matmul(c.device, transpose::yes, dy, transpose::no, s.x, 1, weight_.grad);
  }

 private:
  parameter<real> weight_;
};

}  // namespace zer0

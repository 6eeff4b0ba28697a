// A branch with its norms where a placement has them, as a layer: what it makes of a stream that is
// x.
#pragma once

#include <zer0/layer/residual_stream.hpp>

namespace support {

template <class Placement, class Branch, class Norm>
struct branch_policy {
  using role = zer0::feed_forward_role;
  template <zer0::device Device>
  struct layer : Placement::template branch<Norm, Branch, Device> {
    using base = typename Placement::template branch<Norm, Branch, Device>;
    using real = typename Device::real;
    explicit layer(const zer0::dims& sizes) : base(sizes, "norm", "branch") {}

    void forward(zer0::context<Device>& c, zer0::tensor_view<const real> x,
                 zer0::tensor_view<real> y, typename base::saved& s) {
      zer0::residual_stream<Device> stream = of(c, x);
      base::forward(c, stream, s);
      copy(c.device, stream.value(c), y);
    }
    void backward(zer0::context<Device>& c, zer0::tensor_view<const real> dy,
                  const typename base::saved& s, zer0::tensor_view<real> dx) {
      copy(c.device, dy, dx);
      base::backward(c, s, dx);
    }
    void extend(zer0::context<Device>& c, zer0::tensor_view<const real> x,
                zer0::tensor_view<real> y, typename base::cache& memory) {
      zer0::residual_stream<Device> stream = of(c, x);
      base::extend(c, stream, memory);
      copy(c.device, stream.value(c), y);
    }

   private:
    static zer0::residual_stream<Device> of(zer0::context<Device>& c,
                                            zer0::tensor_view<const real> x) {
      const zer0::tensor_view<real> own = c.keep.matrix(x.rows, x.cols);
      copy(c.device, x, own);
      return zer0::residual_stream<Device>(own);
    }
  };
};

}  // namespace support

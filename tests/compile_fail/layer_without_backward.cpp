// expect: zer0: a layer needs  void backward(context<Device>&, tensor_view<const real> dy, const saved&
#include <zer0/device/device.hpp>
#include <zer0/layer/layer.hpp>

using namespace zer0;

struct my_feed_forward {
  using role = feed_forward_role;
  template <device Device>
  struct layer {
    using real = typename Device::real;
    explicit layer(const dims&) {}
    void parameters(parameter_list<real>&) {}
    struct saved {};
    void forward(context<Device>&, tensor_view<const real>, tensor_view<real>, saved&) {}
#ifndef ZER0_WRONG
    void backward(context<Device>&, tensor_view<const real>, const saved&, tensor_view<real>) {}
#endif
  };
};

static_assert(check_layer<my_feed_forward, archetype>());

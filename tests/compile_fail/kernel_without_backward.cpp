// expect: zer0: an attention kernel needs  static void backward(context<Device>&, const attention_sizes&
#include <zer0/attention/gqa.hpp>
#include <zer0/device/device.hpp>

using namespace zer0;

struct my_kernel {
  using role = attention_kernel_role;
  template <device Device>
  struct kernel {
    using real = typename Device::real;
    using in = tensor_view<const real>;
    using out = tensor_view<real>;
    struct saved {};
    static void forward(context<Device>&, const attention_sizes&, in, in, in, out, saved&) {}
#ifndef ZER0_WRONG
    static void backward(context<Device>&, const attention_sizes&, in, in, in, in, in, const saved&,
                         out, out, out) {}
#endif
  };
};

static_assert(check_layer<gqa<my_kernel>, archetype>());

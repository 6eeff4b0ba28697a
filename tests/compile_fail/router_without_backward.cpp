// expect: zer0: a router needs  void backward(context<Device>&, const_wide_view<Device> dgates, const saved&
#include <zer0/device/device.hpp>
#include <zer0/moe/moe.hpp>

struct my_router {
  using role = zer0::router_role;

  template <zer0::device Device>
  class layer {
   public:
    using real = typename Device::real;
    struct saved {};

    explicit layer(const zer0::dims&) {}
    void parameters(zer0::parameter_list<real>&) {}
    zer0::index_t most_choices(zer0::index_t tokens) const { return tokens; }
    void route(zer0::context<Device>&, zer0::const_wide_view<Device>, zer0::wide_view<Device>,
               zer0::wide_view<Device>, saved&) {}
#ifndef ZER0_WRONG
    void backward(zer0::context<Device>&, zer0::const_wide_view<Device>, const saved&,
                  zer0::wide_view<Device>) {}
#endif
  };
};

static_assert(zer0::check_router<my_router, zer0::archetype>());

// What a router offers: from the scores of the experts for each token to the experts that it goes to.
//
//   struct my_router {
//     using role = zer0::router_role;
//     template <zer0::device Device>
//     class layer {
//      public:
//       using real = typename Device::real;
//       struct saved { ... };                                    // what backward needs: views into context.keep
//       explicit layer(const dims&);
//       void parameters(parameter_list<real>&);                  // states and statistics of its own, if any
//       index_t most_choices(index_t tokens) const;              // no more (token, expert) pairs are ever chosen
//       void route(context<Device>&, const_wide_view<Device> logits, wide_view<Device> gates,
//                  wide_view<Device> mask, saved&);
//       void backward(context<Device>&, const_wide_view<Device> dgates, const saved&, wide_view<Device> dlogits);
//     };
//   };
//
// All matrices are (N, E) and wide. route writes mask, 1 where a token goes to an expert and else 0, and gates: what
// the expert's output counts there. Rows whose `context.live` is 0 are padding and go nowhere. backward writes dlogits;
// dgates is 0 where mask is. A loss of its own (balance) a router adds to a statistic, times context.auxiliary_weight,
// in route, and its gradient in backward. It may have `finish_step(Device&, const_wide_span<Device> loads)`: loads are
// the tokens that came to each expert in the step. The operations to write it with: "routing" in device/device.hpp.
#pragma once

#include <zer0/core/roles.hpp>
#include <zer0/layer/layer.hpp>

namespace zer0 {

template <class R, class D>
concept has_route = requires(R& r, context<D>& c, const_wide_view<D> in, wide_view<D> out, typename R::saved& s,
                             index_t n) {
  r.route(c, in, out, out, s);
  { r.most_choices(n) } -> std::convertible_to<index_t>;
};

template <class R, class D>
concept has_router_backward = requires(R& r, context<D>& c, const_wide_view<D> in, wide_view<D> out,
                                       const typename R::saved& s) {
  r.backward(c, in, s, out);
};

/// Is `Router` a router on `Device`? Each failure is one sentence with the member to write.
template <class Router, class Device>
consteval bool check_router() {
  using R = layer_of<Router, Device>;
  static_assert(std::constructible_from<R, const dims&>,
                "zer0: a router needs the constructor  explicit layer(const dims&)");
  static_assert(has_parameters<R, Device>, "zer0: a router needs  void parameters(parameter_list<real>&)");
  static_assert(has_route<R, Device>,
                "zer0: a router needs  struct saved; index_t most_choices(index_t tokens) const; void "
                "route(context<Device>&, const_wide_view<Device> logits, wide_view<Device> gates, wide_view<Device> "
                "mask, saved&)");
  static_assert(has_router_backward<R, Device>,
                "zer0: a router needs  void backward(context<Device>&, const_wide_view<Device> dgates, const saved&, "
                "wide_view<Device> dlogits)");
  return true;
}

}  // namespace zer0

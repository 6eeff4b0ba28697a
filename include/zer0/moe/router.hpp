// What a router offers: it turns scores of experts into a choice of experts for each token.
//
//   struct my_router {
//     using role = zer0::router_role;
//     template <zer0::device Device>
//     class layer {
//      public:
//       using real = typename Device::real;
//       struct saved { ... };                     // what backward needs: views into context.keep
//       explicit layer(const dims&);
//       void parameters(parameter_list<real>&);   // states and statistics of its own, if any
//       index_t most_choices(index_t tokens) const;  // no more (token, expert) pairs are chosen
//       void route(context<Device>&, const_wide_view<Device> logits, wide_view<Device> gates,
//                  wide_view<Device> mask, saved&);
//       void backward(context<Device>&, const_wide_view<Device> dgates, const saved&,
//                     wide_view<Device> dlogits);
//     };
//   };
//
// All matrices are (N, E) and wide. route writes mask, which is 1 where a token goes to an expert
// and else 0, and gates, by which the output of the expert is multiplied there. Rows whose
// `context.live` is 0 are padding and go nowhere. backward writes dlogits; dgates is 0 where mask
// is. A router with a loss of its own (balance) adds it in route to a statistic, times
// context.auxiliary_weight, and adds the gradient in backward. A router may have
// `finish_step(Device&, const_wide_span<Device> loads)`: loads are the tokens that came to each
// expert in the step. The operations to write a router with are those of device/ops/routing.hpp.
#pragma once

#include <zer0/core/roles.hpp>
#include <zer0/layer/layer.hpp>

namespace zer0 {

template <class R, class D>
concept has_route = requires(R& r, context<D>& c, const_wide_view<D> in, wide_view<D> out,
                             typename R::saved& s, index_t n) {
  r.route(c, in, out, out, s);
  { r.most_choices(n) } -> std::convertible_to<index_t>;
};

template <class R, class D>
concept has_router_backward = requires(R& r, context<D>& c, const_wide_view<D> in, wide_view<D> out,
                                       const typename R::saved& s) { r.backward(c, in, s, out); };

/// Is `Router` a router on `Device`? If not, the compiler prints a sentence with the member to
/// write.
template <class Router, class Device>
consteval bool check_router() {
  using R = layer_of<Router, Device>;
  static_assert(std::constructible_from<R, const dims&>,
                "zer0: a router needs the constructor  explicit layer(const dims&)");
  static_assert(has_parameters<R, Device>,
                "zer0: a router needs  void parameters(parameter_list<real>&)");
  static_assert(has_route<R, Device>,
                "zer0: a router needs  struct saved; index_t most_choices(index_t tokens) const; "
                "void route(context<Device>&, const_wide_view<Device> logits, wide_view<Device> "
                "gates, wide_view<Device> mask, saved&)");
  static_assert(has_router_backward<R, Device>,
                "zer0: a router needs  void backward(context<Device>&, const_wide_view<Device> "
                "dgates, const saved&, wide_view<Device> dlogits)");
  return true;
}

/// The base of a router around another one (router/expert_capacity.hpp, router/router_z_loss.hpp):
/// what such a router does not change, the inner one does.
template <policy_for<router_role> Router, device Device>
class router_around {
 public:
  using real = typename Device::real;
  using inner = layer_of<Router, Device>;
  using saved = typename inner::saved;

  explicit router_around(const dims& sizes) : inner_(sizes) {}

  void parameters(parameter_list<real>& list) { inner_.parameters(list); }

  [[nodiscard]] index_t most_choices(index_t tokens) const { return inner_.most_choices(tokens); }

  void backward(context<Device>& c, const_wide_view<Device> dgates, const saved& s,
                wide_view<Device> dlogits) {
    inner_.backward(c, dgates, s, dlogits);
  }

  void finish_step(Device& d, const_wide_span<Device> loads)
  requires requires(inner& r) { r.finish_step(d, loads); }
  {
    inner_.finish_step(d, loads);
  }

 protected:
  inner inner_;
};

}  // namespace zer0

// A loss that keeps the scores of a router small, around any router.
#pragma once

#include <zer0/device/routing.hpp>
#include <zer0/moe/router.hpp>
#include <zer0/moe/router/softmax_top_k.hpp>

namespace zer0 {

/// Routes as `Router` does and adds z_loss_alpha * mean over tokens of (log sum_e exp(logit_e))^2 to what is learned.
/// Padding is not counted. Memory: keeps the view of the logits. Source: Zoph et al. 2022, arXiv:2202.08906,
/// equation 5.
template <policy_for<router_role> Router = softmax_top_k>
struct router_z_loss {
  using role = router_role;

  template <device Device>
  class layer {
    using router_layer = layer_of<Router, Device>;

   public:
    using real = typename Device::real;
    struct saved {
      const_wide_view<Device> logits;
      typename router_layer::saved router;
    };

    explicit layer(const dims& sizes) : alpha_(sizes.experts.z_loss_alpha), router_(sizes) {}

    void parameters(parameter_list<real>& list) {
      router_.parameters(list);
      list.add(loss_);
    }
    [[nodiscard]] index_t most_choices(index_t tokens) const { return router_.most_choices(tokens); }

    void route(context<Device>& c, const_wide_view<Device> logits, wide_view<Device> gates, wide_view<Device> mask,
               saved& s) {
      s.logits = logits;
      if (c.gathers) z_loss(c.device, logits, c.live, alpha_ * c.auxiliary_weight, loss_.value);
      router_.route(c, logits, gates, mask, s.router);
    }

    void backward(context<Device>& c, const_wide_view<Device> dgates, const saved& s, wide_view<Device> dlogits) {
      router_.backward(c, dgates, s.router, dlogits);
      z_loss_gradient(c.device, s.logits, c.live, alpha_ * c.auxiliary_weight, dlogits);
    }

    void finish_step(Device& d, const_wide_span<Device> loads) requires requires(router_layer& r) {
      r.finish_step(d, loads);
    }
    { router_.finish_step(d, loads); }

   private:
    double alpha_;
    router_layer router_;
    statistic<real> loss_{{"router_z_loss", 1}};
  };
};

}  // namespace zer0

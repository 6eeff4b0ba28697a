// A loss that keeps the logits of a router small, around any router.
#pragma once

#include <zer0/device/ops/routing.hpp>
#include <zer0/moe/router.hpp>
#include <zer0/moe/router/softmax_top_k.hpp>

namespace zer0 {

/// Routes as `Router` does, and adds to the loss z_loss_alpha times the mean over tokens of (log
/// sum_e exp(logit_e))^2. Padding is not counted. Memory: keeps the view of the logits. Source:
/// Zoph et al. 2022, arXiv:2202.08906, equation 5.
template <policy_for<router_role> Router = softmax_top_k>
struct router_z_loss {
  using role = router_role;

  template <device Device>
  class layer : public router_around<Router, Device> {
    using around = router_around<Router, Device>;

   public:
    using typename around::real;
    struct saved : around::saved {
      const_wide_view<Device> all_logits;
    };

    explicit layer(const dims& sizes) : around(sizes), alpha_(sizes.experts.z_loss_alpha) {}

    void parameters(parameter_list<real>& list) {
      around::parameters(list);
      list.add(loss_);
    }

    void route(context<Device>& c, const_wide_view<Device> logits, wide_view<Device> gates,
               wide_view<Device> mask, saved& s) {
      s.all_logits = logits;
      if (c.gathers) z_loss(c.device, logits, c.live, alpha_ * c.auxiliary_weight, loss_.value);
      this->inner_.route(c, logits, gates, mask, s);
    }

    void backward(context<Device>& c, const_wide_view<Device> dgates, const saved& s,
                  wide_view<Device> dlogits) {
      around::backward(c, dgates, s, dlogits);
      z_loss_gradient(c.device, s.all_logits, c.live, alpha_ * c.auxiliary_weight, dlogits);
    }

   private:
    double alpha_;
    layer_statistic<real> loss_{{"router_z_loss", 1}};
  };
};

}  // namespace zer0

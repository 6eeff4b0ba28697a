// Experts that take no more than a given number of tokens, around any router.
#pragma once

#include <zer0/device/routing.hpp>
#include <zer0/moe/router.hpp>
#include <zer0/moe/router/softmax_top_k.hpp>

namespace zer0 {

/// Routes as `Router` does; then an expert keeps its first ceil(capacity_factor * k/E * T) tokens of the batch's T, in
/// their order, and drops the others: there they count nothing, and the token goes on by the residual stream and by its
/// other experts. Like expert_choice it makes a token depend on those before it in the batch.
/// Memory: keeps `Router`'s mask, E numbers a token. Source: Fedus et al. 2021, arXiv:2101.03961, section 2.2.
template <policy_for<router_role> Router = softmax_top_k>
struct capacity {
  using role = router_role;

  template <device Device>
  class layer {
    using router_layer = layer_of<Router, Device>;

   public:
    using real = typename Device::real;
    using saved = typename router_layer::saved;

    explicit layer(const dims& sizes)
        : share_(sizes.experts.capacity_factor * sizes.experts.even_share()), router_(sizes) {}

    void parameters(parameter_list<real>& list) { router_.parameters(list); }
    [[nodiscard]] index_t most_choices(index_t tokens) const { return router_.most_choices(tokens); }

    void route(context<Device>& c, const_wide_view<Device> logits, wide_view<Device> gates, wide_view<Device> mask,
               saved& s) {
      const wide_view<Device> wanted = c.keep.template matrix<wide<real>>(mask.rows, mask.cols);
      router_.route(c, logits, gates, wanted, s);
      limit_columns(c.device, wanted, c.live, share_, mask);
    }

    void backward(context<Device>& c, const_wide_view<Device> dgates, const saved& s, wide_view<Device> dlogits) {
      router_.backward(c, dgates, s, dlogits);
    }

    void finish_step(Device& d, const_wide_span<Device> loads) requires requires(router_layer& r) {
      r.finish_step(d, loads);
    }
    { router_.finish_step(d, loads); }

   private:
    double share_;
    router_layer router_;
  };
};

}  // namespace zer0

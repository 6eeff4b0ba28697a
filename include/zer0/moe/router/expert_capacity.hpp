// A limit on the tokens of each expert, around any router.
#pragma once

#include <zer0/device/ops/routing.hpp>
#include <zer0/moe/router.hpp>
#include <zer0/moe/router/softmax_top_k.hpp>

namespace zer0 {

/// Routes as `Router` does. Then each expert keeps the first ceil(capacity_factor * k/E * T) of its
/// tokens, T being the number of tokens in the batch without padding, and drops the others. A
/// dropped token still has the residual stream and its other experts. As with expert_choice, the
/// result for a token depends on other tokens of the batch, here on earlier ones. Memory: keeps the
/// mask of `Router`, E numbers per token. Source: Fedus et al. 2021, arXiv:2101.03961, section 2.2.
template <policy_for<router_role> Router = softmax_top_k>
struct expert_capacity {
  using role = router_role;

  template <device Device>
  class layer : public router_around<Router, Device> {
    using around = router_around<Router, Device>;

   public:
    using typename around::real, typename around::saved;

    explicit layer(const dims& sizes)
        : around(sizes), share_(sizes.experts.capacity_factor * sizes.experts.even_share()) {}

    void route(context<Device>& c, const_wide_view<Device> logits, wide_view<Device> gates,
               wide_view<Device> mask, saved& s) {
      const wide_view<Device> wanted = c.keep.template matrix<wide<real>>(mask.rows, mask.cols);
      this->inner_.route(c, logits, gates, wanted, s);
      limit_columns(c.device, wanted, c.live, share_, mask);
    }

   private:
    double share_;
  };
};

}  // namespace zer0

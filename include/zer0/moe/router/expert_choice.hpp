// Expert choice: experts choose tokens, instead of tokens choosing experts.
#pragma once

#include <zer0/device/ops/routing.hpp>
#include <zer0/moe/router.hpp>

#include <cmath>

namespace zer0 {

/// Each expert takes the tokens with its largest scores, a fraction k / E of the batch: the load is
/// even by construction, and a token may go to no expert or to many. Scores are the softmax over
/// experts; a gate is the score times expert_sizes::scaling. The experts of a token depend on the
/// other tokens of the batch, later ones included: generating a token at a time does not compute
/// what training did, and packed sequences influence one another. Memory: keeps scores and mask, 2
/// E numbers per token. Source: Zhou et al. 2022, arXiv:2202.09368, section 3.2.
struct expert_choice {
  using role = router_role;

  template <device Device>
  class layer {
   public:
    using real = typename Device::real;
    struct saved {
      const_wide_view<Device> scores, mask;
    };

    explicit layer(const dims& sizes) : sizes_(sizes.experts) {}

    void parameters(parameter_list<real>& /*list*/) {}
    [[nodiscard]] index_t most_choices(index_t tokens) const {
      const double share = std::ceil(sizes_.even_share() * static_cast<double>(tokens));
      return sizes_.n_routed * std::min(tokens, static_cast<index_t>(share) + 1);
    }

    void route(context<Device>& c, const_wide_view<Device> logits, wide_view<Device> gates,
               wide_view<Device> mask, saved& s) {
      const wide_view<Device> scores = c.keep.template matrix<wide<real>>(logits.rows, logits.cols);
      softmax_rows(c.device, logits, scores);
      choose_in_columns(c.device, scores, c.live, sizes_.even_share(), mask);
      gate_chosen(c.device, {.scores = scores,
                             .mask = mask,
                             .normalize = false,
                             .factor = sizes_.scaling,
                             .gates = gates});
      s = {scores, mask};
    }

    void backward(context<Device>& c, const_wide_view<Device> dgates, const saved& s,
                  wide_view<Device> dlogits) {
      gate_chosen_backward(c.device, {.scores = s.scores,
                                      .mask = s.mask,
                                      .normalize = false,
                                      .factor = sizes_.scaling,
                                      .dgates = dgates,
                                      .dscores = dlogits});
      softmax_rows_backward(c.device, {.y = s.scores, .dy = dlogits, .dx = dlogits});
    }

   private:
    expert_sizes sizes_;
  };
};

}  // namespace zer0

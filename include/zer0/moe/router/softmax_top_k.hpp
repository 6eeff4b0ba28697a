// The router of most mixtures of experts: softmax, then the k experts with the largest scores.
#pragma once

#include <zer0/moe/router.hpp>

namespace zer0 {

/// Scores are the softmax over all experts. A token goes to the k experts with the largest scores.
/// Its gates are these scores, divided by (their sum + 1e-20) if expert_sizes::norm_topk_prob and k
/// is above 1, and multiplied by expert_sizes::scaling. `Balance`: balanced, reference_balanced or
/// unbalanced. Memory: keeps scores and mask, 2 E numbers per token. Source: Shazeer et al. 2017,
/// arXiv:1701.06538; Jiang et al. 2024, arXiv:2401.04088, section 2.1 (Mixtral).
template <class Balance = balanced>
struct softmax_top_k_of {
  using role = router_role;

  template <device Device>
  class layer {
   public:
    using real = typename Device::real;
    struct saved {
      const_wide_view<Device> scores, mask;
      typename balance_term<Balance, Device>::saved balance;
    };

    explicit layer(const dims& sizes) : sizes_(sizes.experts), balance_(sizes) {}

    void parameters(parameter_list<real>& list) { balance_.parameters(list); }
    [[nodiscard]] index_t most_choices(index_t tokens) const { return tokens * sizes_.per_token; }

    void route(context<Device>& c, const_wide_view<Device> logits, wide_view<Device> gates,
               wide_view<Device> mask, saved& s) {
      const wide_view<Device> scores = c.keep.template matrix<wide<real>>(logits.rows, logits.cols);
      softmax_rows(c.device, logits, scores);
      choose_in_rows(c.device, scores, c.live, sizes_.per_token, mask);
      gate_chosen(c.device, {.scores = scores,
                             .mask = mask,
                             .normalize = normalizes(),
                             .factor = sizes_.scaling,
                             .gates = gates});
      s = {scores, mask, {}};
      balance_.forward(c, scores, mask, s.balance);
    }

    void backward(context<Device>& c, const_wide_view<Device> dgates, const saved& s,
                  wide_view<Device> dlogits) {
      gate_chosen_backward(c.device, {.scores = s.scores,
                                      .mask = s.mask,
                                      .normalize = normalizes(),
                                      .factor = sizes_.scaling,
                                      .dgates = dgates,
                                      .dscores = dlogits});
      balance_.backward(c, s.balance, dlogits);
      softmax_rows_backward(c.device, {.y = s.scores, .dy = dlogits, .dx = dlogits});
    }

   private:
    [[nodiscard]] bool normalizes() const { return sizes_.norm_topk_prob && sizes_.per_token > 1; }

    expert_sizes sizes_;
    balance_term<Balance, Device> balance_;
  };
};

using softmax_top_k = softmax_top_k_of<>;

}  // namespace zer0

// The router of DeepSeek-V3, which balances by a bias instead of a loss.
#pragma once

#include <zer0/device/activation.hpp>
#include <zer0/device/ops/routing.hpp>
#include <zer0/moe/router.hpp>

namespace zer0 {

/// Scores are the sigmoids of the logits. A token goes to the k experts with the largest score +
/// bias. Its gates are its scores without the bias, divided by (their sum + 1e-20) if
/// expert_sizes::norm_topk_prob, and multiplied by expert_sizes::scaling. After each step the bias
/// of an expert that received more tokens than the mean falls by expert_sizes::bias_update_rate;
/// that of one that received fewer rises by as much. The bias is saved with the weights, as
/// "e_score_correction_bias". Memory: keeps scores and mask, 2 E numbers per token. Source:
/// DeepSeek-AI 2024, arXiv:2412.19437, section 2.1.2; Wang et al. 2024, arXiv:2408.15664.
struct sigmoid_bias {
  using role = router_role;

  template <device Device>
  class layer {
   public:
    using real = typename Device::real;
    struct saved {
      const_wide_view<Device> logits, scores, mask;
    };

    explicit layer(const dims& sizes)
        : sizes_(sizes.experts), bias_{{"gate.e_score_correction_bias", sizes.experts.n_routed}} {}

    void parameters(parameter_list<real>& list) { list.add(bias_); }
    [[nodiscard]] index_t most_choices(index_t tokens) const { return tokens * sizes_.per_token; }

    void route(context<Device>& c, const_wide_view<Device> logits, wide_view<Device> gates,
               wide_view<Device> mask, saved& s) {
      const wide_view<Device> scores = c.keep.template matrix<wide<real>>(logits.rows, logits.cols);
      activate_forward(c.device, sigmoid(), logits, scores);
      {
        const arena_scope<Device> scope(c.scratch);
        const wide_view<Device> biased =
            c.scratch.template matrix<wide<real>>(logits.rows, logits.cols);
        activate_forward(c.device, sigmoid(), logits, biased);
        add_bias(c.device, const_wide_span<Device>(bias_.value), biased);
        choose_in_rows(c.device, biased, c.live, sizes_.per_token, mask);
      }
      gate_chosen(c.device, {.scores = scores,
                             .mask = mask,
                             .normalize = sizes_.norm_topk_prob,
                             .factor = sizes_.scaling,
                             .gates = gates});
      s = {logits, scores, mask};
    }

    void backward(context<Device>& c, const_wide_view<Device> dgates, const saved& s,
                  wide_view<Device> dlogits) {
      gate_chosen_backward(c.device, {.scores = s.scores,
                                      .mask = s.mask,
                                      .normalize = sizes_.norm_topk_prob,
                                      .factor = sizes_.scaling,
                                      .dgates = dgates,
                                      .dscores = dlogits});
      activate_backward(c.device, sigmoid(), s.logits, dlogits, dlogits);
    }

    void finish_step(Device& d, const_wide_span<Device> loads) {
      lean_to_mean(d, loads, sizes_.bias_update_rate, bias_.value);
    }

   private:
    expert_sizes sizes_;
    layer_state<real> bias_;
  };
};

}  // namespace zer0

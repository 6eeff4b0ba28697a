// Losses that keep the load of experts even, as policies of a router.
#pragma once

#include <zer0/core/dims.hpp>
#include <zer0/device/ops/routing.hpp>
#include <zer0/layer/context.hpp>
#include <zer0/layer/parameter.hpp>

namespace zer0 {

/// alpha E/(k T) sum_e count_e mean_e. Of T tokens count_e chose expert e, and mean_e is its mean
/// score over them all; if scores are even, the loss is alpha. With expert_sizes::seq_aux the T
/// tokens are those of one sequence, and the loss is the mean over sequences, weighted by their
/// length; without it they are the whole batch. Padding is not counted. Counts are constants for
/// the gradient. Source: DeepSeek-AI 2024, arXiv:2405.04434, section 2.2.3; Fedus et al. 2021,
/// arXiv:2101.03961, equation 4.
struct balanced {
  static balance_rule rule(const expert_sizes& sizes) {
    return {.weight = sizes.aux_loss_alpha,
            .experts_per_token = sizes.per_token,
            .normalized = true,
            .whole_batch = !sizes.seq_aux};
  }
};

/// As the reference implementation has it: with seq_aux the loss lacks the factor E/(k T), so that
/// it grows with the length of the sequence.
struct reference_balanced {
  static balance_rule rule(const expert_sizes& sizes) {
    balance_rule r = balanced::rule(sizes);
    r.normalized = r.whole_batch;
    return r;
  }
};

/// There is no such loss: the router balances by other means, or not at all.
struct unbalanced {
  static balance_rule rule(const expert_sizes&) { return {.weight = 0}; }
};

/// The loss of `Balance` (balanced or another) on the scores of a router, and the statistic
/// "balance_loss".
template <class Balance, device Device>
class balance_term {
 public:
  using real = typename Device::real;
  struct saved {
    wide_view<Device> counts;
  };

  explicit balance_term(const dims& sizes) : rule_(Balance::rule(sizes.experts)) {}

  void parameters(parameter_list<real>& list) {
    if (rule_.weight > 0) list.add(loss_);
  }

  void forward(context<Device>& c, tensor_view<const wide<real>> scores,
               tensor_view<const wide<real>> mask, saved& s) {
    if (!active(c)) return;
    s.counts = c.keep.template matrix<wide<real>>(rule_.whole_batch ? 1 : c.layout.sequences(),
                                                  scores.cols);
    const arena_scope<Device> scope(c.scratch);
    balance_loss(c.device, scaled(c),
                 {.starts = c.layout.starts,
                  .live = c.live,
                  .mask = mask,
                  .scores = scores,
                  .counts = s.counts,
                  .total = total(c)});
  }

  /// Adds to dscores.
  void backward(context<Device>& c, const saved& s, wide_view<Device> dscores) const {
    if (active(c))
      balance_loss_gradient(
          c.device, scaled(c),
          {.starts = c.layout.starts, .live = c.live, .counts = s.counts, .dscores = dscores});
  }

 private:
  [[nodiscard]] bool active(const context<Device>& c) const {
    return rule_.weight > 0 && c.auxiliary_weight > 0;
  }
  [[nodiscard]] balance_rule scaled(const context<Device>& c) const {
    balance_rule r = rule_;
    r.weight *= c.auxiliary_weight;
    return r;
  }
  /// Where the loss is added to: the statistic, or while none is gathered memory that is not read.
  [[nodiscard]] wide_span<Device> total(context<Device>& c) {
    if (c.gathers) return loss_.value;
    const wide_span<Device> unread = c.scratch.template vector<wide<real>>(1);
    fill(c.device, wide_view<Device>(unread.data(), 1, 1), 0);
    return unread;
  }

  balance_rule rule_;
  layer_statistic<real> loss_{{"balance_loss", 1}};
};

}  // namespace zer0

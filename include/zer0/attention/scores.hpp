// Which keys a query sees (masks), and what is done to scores (caps).
#pragma once

#include <zer0/core/dims.hpp>
#include <zer0/core/roles.hpp>
#include <zer0/device/device.hpp>

namespace zer0 {

/// A query sees its own key and all earlier ones of its sequence. The default mask of an attention.
struct causal {
  using role = attention_mask_role;
  static void apply(const dims& /*sizes*/, attention_sizes& /*a*/) {}
};

/// A query sees the last `dims::sliding_window` keys of its sequence, its own included: the cost of
/// a query does not grow beyond that. A mask for an attention: gqa<sliding_window>. The cache keeps
/// older keys, but they are not read again. Throws zer0::error if dims::sliding_window is 0.
/// Sources: Child et al. 2019, arXiv:1904.10509; Jiang et al. 2023 (Mistral 7B), arXiv:2310.06825,
/// section 2.
struct sliding_window {
  using role = attention_mask_role;

  static void apply(const dims& sizes, attention_sizes& a) {
    require(sizes.sliding_window > 0, "sliding_window: dims::sliding_window is ",
            sizes.sliding_window, "; say how many keys a query sees, itself included");
    a.window = sizes.sliding_window;
  }
};

/// Scores are scale * q k^T. The default of an attention.
struct plain_scores {
  using role = attention_score_role;
  static void apply(const dims& /*sizes*/, attention_sizes& /*a*/) {}
};

/// Scores become cap * tanh(score / cap), cap = dims::attn_logit_softcap: they stay between -cap
/// and cap. A policy of an attention: gqa<soft_cap>. Throws: zer0::error if
/// dims::attn_logit_softcap is 0. Source: Gemma Team 2024, arXiv:2408.00118, section 2.
struct soft_cap {
  using role = attention_score_role;

  static void apply(const dims& sizes, attention_sizes& a) {
    require(sizes.attn_logit_softcap > 0, "soft_cap: dims::attn_logit_softcap is ",
            sizes.attn_logit_softcap, "; say what scores may be at most, such as 50");
    a.soft_cap = sizes.attn_logit_softcap;
  }
};

}  // namespace zer0

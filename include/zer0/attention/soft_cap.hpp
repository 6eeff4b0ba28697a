// Soft cap: scores of attention are bent by tanh.
#pragma once

#include <zer0/core/dims.hpp>
#include <zer0/core/roles.hpp>
#include <zer0/device/device.hpp>

namespace zer0 {

/// Scores become cap * tanh(score / cap), cap = dims::attn_logit_softcap: they stay between -cap and cap. A policy of
/// an attention: gqa<soft_cap>. Throws: zer0::error if dims::attn_logit_softcap is 0. Source: Gemma Team 2024,
/// arXiv:2408.00118, section 2.
struct soft_cap {
  using role = attention_score_role;

  static void apply(const dims& sizes, attention_sizes& a) {
    require(sizes.attn_logit_softcap > 0, "soft_cap: dims::attn_logit_softcap is ", sizes.attn_logit_softcap,
            "; say what scores may be at most, such as 50");
    a.soft_cap = sizes.attn_logit_softcap;
  }
};

}  // namespace zer0

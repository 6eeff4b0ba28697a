// Bodies of zer0/core/dims.hpp.
#pragma once

#include <zer0/core/dims.hpp>
#include <zer0/core/error.hpp>

#include <algorithm>
#include <utility>

namespace zer0 {

ZER0_INLINE bool lora_sizes::lists(std::string_view name, bool is_square) const {
  static constexpr const char* space = " \t\n\v\f\r";
  const std::string_view names = projections;
  for (std::size_t begin = 0; (begin = names.find_first_not_of(space, begin)) != names.npos;) {
    const std::size_t end = std::min(names.find_first_of(space, begin), names.size());
    const std::string_view word = names.substr(begin, end - begin);
    if (word == name || word == "all" || (word == "square" && is_square)) return true;
    begin = end;
  }
  return false;
}

ZER0_INLINE void expert_sizes::check() const {
  require(n_routed > 0, "dims: experts.n_routed is ", n_routed, "; it must be at least 1");
  require(per_token > 0 && per_token <= n_routed, "dims: experts.per_token is ", per_token,
          "; it must be from 1 to experts.n_routed (", n_routed, ")");
  require(n_shared >= 0, "dims: experts.n_shared is ", n_shared, "; it must be at least 0");
  require(hidden_dim >= 0, "dims: experts.hidden_dim is ", hidden_dim, "; use 0 for that of the feed-forward");
  require(aux_loss_alpha >= 0 && z_loss_alpha >= 0 && bias_update_rate >= 0, "dims: experts.aux_loss_alpha is ",
          aux_loss_alpha, ", z_loss_alpha ", z_loss_alpha, ", bias_update_rate ", bias_update_rate,
          "; none may be below 0");
  require(capacity_factor > 0, "dims: experts.capacity_factor is ", capacity_factor, "; it must be above 0");
}

ZER0_INLINE void rope_scaling_sizes::check() const {
  require(factor >= 1, "dims: rope_scaling.factor is ", factor, "; it must be at least 1");
  require(original_max_seq_len >= 0, "dims: rope_scaling.original_max_seq_len is ", original_max_seq_len,
          "; use 0 for max_seq_len");
  require(low_freq_factor > 0 && high_freq_factor > low_freq_factor, "dims: rope_scaling.low_freq_factor is ",
          low_freq_factor, " and high_freq_factor ", high_freq_factor,
          "; the low one must be above 0, the high one above the low one");
  require(beta_slow > 0 && beta_fast > beta_slow, "dims: rope_scaling.beta_slow is ", beta_slow, " and beta_fast ",
          beta_fast, "; the slow one must be above 0, the fast one above the slow one");
  require(attention_factor >= 0 && mscale >= 0 && mscale_all_dim >= 0, "dims: rope_scaling.attention_factor is ",
          attention_factor, ", mscale ", mscale, ", mscale_all_dim ", mscale_all_dim, "; none may be below 0");
}

ZER0_INLINE void dims::check() const {
  const auto positive = [](const char* name, index_t value) {
    require(value > 0, "dims: ", name, " is ", value, "; it must be at least 1");
  };
  positive("dim", dim);
  positive("n_layers", n_layers);
  positive("n_heads", n_heads);
  positive("vocab_size", vocab_size);
  positive("max_seq_len", max_seq_len);
  positive("multiple_of", multiple_of);
  require(n_kv_heads >= 0, "dims: n_kv_heads is ", n_kv_heads, "; use a divisor of n_heads, or 0 for n_heads");
  require(head_dim >= 0, "dims: head_dim is ", head_dim, "; use 0 for dim / n_heads");
  require(hidden_dim >= 0, "dims: hidden_dim is ", hidden_dim, "; use 0 for the rule of multiple_of");
  require(head_dim > 0 || dim % n_heads == 0, "dims: dim (", dim, ") is not a multiple of n_heads (", n_heads, ")");
  require(n_heads % kv_heads() == 0, "dims: n_heads (", n_heads, ") is not a multiple of n_kv_heads (", kv_heads(),
          ")");
  require(dropout >= 0 && dropout < 1, "dims: dropout is ", dropout, "; it must be at least 0 and below 1");
  require(norm_eps >= 0 && norm_eps < 1, "dims: norm_eps is ", norm_eps, "; it must be at least 0 and below 1");
  experts.check();
  require(lora.rank >= 0 && lora.alpha > 0, "dims: lora has rank ", lora.rank, " and alpha ", lora.alpha,
          "; the rank must be at least 0, alpha above 0");
  require(lora.dropout >= 0 && lora.dropout < 1, "dims: lora dropout is ", lora.dropout,
          "; it must be at least 0 and below 1");
  rope_scaling.check();
  require(sliding_window >= 0, "dims: sliding_window is ", sliding_window, "; it must be at least 0");
  require(attn_logit_softcap >= 0, "dims: attn_logit_softcap is ", attn_logit_softcap, "; it must be at least 0");
  for (const auto& [name, value] :
       {std::pair("kv_lora_rank", kv_lora_rank), std::pair("q_lora_rank", q_lora_rank),
        std::pair("qk_nope_head_dim", qk_nope_head_dim), std::pair("qk_rope_head_dim", qk_rope_head_dim),
        std::pair("v_head_dim", v_head_dim)})
    require(value >= 0, "dims: ", name, " is ", value, "; it must be at least 0");
  require(rope_theta > 0, "dims: rope_theta is ", rope_theta, "; it must be positive");
}

ZER0_INLINE dims dims::of_experts(index_t n) const {
  dims d = *this;
  d.hidden_dim = n * (experts.hidden_dim ? experts.hidden_dim : hidden());
  return d;
}

}  // namespace zer0

// The one list of all sizes: their names, what depends on them and what they may be.
#pragma once

#include <zer0/core/detail/compiled.hpp>
#include <zer0/core/dims.hpp>

#include <concepts>
#include <initializer_list>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace zer0 {

/// What depends on a size.
enum class size_use {
  result,    ///< what given weights compute
  limit,     ///< only how long sequences may be
  training,  ///< only what training does
  adapter    ///< only adapters, which have files of their own (adapter_config.json)
};

/// What a number among the sizes may be, and what an error tells those who gave another one.
/// No size is infinite, and none is NaN.
struct size_range {
  std::string_view words = "it must be a number";
  double least = std::numeric_limits<double>::lowest();
  double above = -std::numeric_limits<double>::infinity();
  double below = std::numeric_limits<double>::infinity();

  [[nodiscard]] constexpr bool holds(double x) const {
    return x >= least && x > above && x < below;
  }
};

/// One size: what it is called, what depends on it, what it may be.
struct size_info {
  std::string_view name;  ///< as a member of dims: "experts.n_routed"
  std::string_view key;   ///< in config.json of zer0's own, and as an option: "n_routed_experts"
  size_use use;
  size_range range = {};

  /// Whether a size may have this value; texts and switches may have any.
  template <class T>
  [[nodiscard]] constexpr bool allows(const T& value) const {
    if constexpr (std::is_arithmetic_v<T>) return range.holds(static_cast<double>(value));
    return true;
  }
};

/// Calls `visit(const size_info&, value)` for every size of `d`, those of nested structs included.
/// A value is an index_t, a double, a bool or a std::string, by reference, constant if `d` is.
/// Whatever handles all sizes is made of this: `dims::check`, config.json of variants of your own,
/// comparisons, the fingerprint of a reference model, and options of programs.
template <class Dims, class Visitor>
requires std::same_as<std::remove_const_t<Dims>, dims>
void visit_sizes(Dims& d, Visitor visit) {
  constexpr size_range some{.words = "it must be at least 1", .least = 1};
  constexpr size_range not_negative{.words = "it must be at least 0", .least = 0};
  constexpr size_range positive{.words = "it must be positive", .above = 0};
  constexpr size_range share{.words = "it must be at least 0 and below 1", .least = 0, .below = 1};
  const auto zero_means = [](std::string_view words) { return size_range{words, 0}; };
  constexpr size_use result = size_use::result, training = size_use::training;
  constexpr size_use adapter = size_use::adapter;
  const auto add_as = [&](std::string_view name, std::string_view key, size_use use,
                          size_range range,
                          auto& value) { visit(size_info{name, key, use, range}, value); };
  const auto add = [&](std::string_view name, size_use use, size_range range, auto& value) {
    add_as(name, name, use, range, value);
  };

  add("dim", result, some, d.dim);
  add("n_layers", result, some, d.n_layers);
  add("n_heads", result, some, d.n_heads);
  add("n_kv_heads", result, zero_means("use a divisor of n_heads, or 0 for n_heads"), d.n_kv_heads);
  add("head_dim", result, zero_means("use 0 for dim / n_heads"), d.head_dim);
  add("vocab_size", result, some, d.vocab_size);
  add("max_seq_len", size_use::limit, some, d.max_seq_len);
  add("hidden_dim", result, zero_means("use 0 for the rule of multiple_of"), d.hidden_dim);
  add("multiple_of", result, some, d.multiple_of);
  add("rope_theta", result, positive, d.rope_theta);

  auto& rope = d.rope_scaling;
  add_as("rope_scaling.factor", "rope_factor", result, some, rope.factor);
  add_as("rope_scaling.original_max_seq_len", "rope_original_max_seq_len", result,
         zero_means("use 0 for max_seq_len"), rope.original_max_seq_len);
  add_as("rope_scaling.low_freq_factor", "rope_low_freq_factor", result, positive,
         rope.low_freq_factor);
  add_as("rope_scaling.high_freq_factor", "rope_high_freq_factor", result, positive,
         rope.high_freq_factor);
  add_as("rope_scaling.beta_fast", "rope_beta_fast", result, positive, rope.beta_fast);
  add_as("rope_scaling.beta_slow", "rope_beta_slow", result, positive, rope.beta_slow);
  add_as("rope_scaling.attention_factor", "rope_attention_factor", result, not_negative,
         rope.attention_factor);
  add_as("rope_scaling.mscale", "rope_mscale", result, not_negative, rope.mscale);
  add_as("rope_scaling.mscale_all_dim", "rope_mscale_all_dim", result, not_negative,
         rope.mscale_all_dim);

  add("sliding_window", result, not_negative, d.sliding_window);
  add("attn_logit_softcap", result, not_negative, d.attn_logit_softcap);
  add("kv_lora_rank", result, not_negative, d.kv_lora_rank);
  add("q_lora_rank", result, not_negative, d.q_lora_rank);
  add("qk_nope_head_dim", result, not_negative, d.qk_nope_head_dim);
  add("qk_rope_head_dim", result, not_negative, d.qk_rope_head_dim);
  add("v_head_dim", result, not_negative, d.v_head_dim);
  add("norm_eps", result, share, d.norm_eps);
  add("dropout", training, share, d.dropout);

  auto& lora = d.lora;
  add_as("lora.rank", "lora_rank", adapter, not_negative, lora.rank);
  add_as("lora.alpha", "lora_alpha", adapter, positive, lora.alpha);
  add_as("lora.dropout", "lora_dropout", adapter, share, lora.dropout);
  add_as("lora.projections", "lora_projections", adapter, {}, lora.projections);

  auto& e = d.experts;
  add_as("experts.n_routed", "n_routed_experts", result, some, e.n_routed);
  add_as("experts.per_token", "num_experts_per_tok", result, some, e.per_token);
  add_as("experts.n_shared", "n_shared_experts", result, not_negative, e.n_shared);
  add_as("experts.hidden_dim", "expert_hidden_dim", result,
         zero_means("use 0 for that of the feed-forward"), e.hidden_dim);
  add_as("experts.aux_loss_alpha", "aux_loss_alpha", training, not_negative, e.aux_loss_alpha);
  add_as("experts.seq_aux", "seq_aux", training, {}, e.seq_aux);
  add_as("experts.norm_topk_prob", "norm_topk_prob", result, {}, e.norm_topk_prob);
  add_as("experts.scaling", "routed_scaling_factor", result, {}, e.scaling);
  add_as("experts.z_loss_alpha", "z_loss_alpha", training, not_negative, e.z_loss_alpha);
  add_as("experts.capacity_factor", "capacity_factor", result, positive, e.capacity_factor);
  add_as("experts.bias_update_rate", "bias_update_rate", training, not_negative,
         e.bias_update_rate);
}

/// A size and its value: "0.1", "true", the shortest text that reads back as the same number.
struct size_text {
  size_info size;
  std::string value;
};

/// All sizes as text, in the order of `visit_sizes`.
[[nodiscard]] std::vector<size_text> size_texts(const dims& sizes);

/// All sizes, a line "KEY VALUE" each.
[[nodiscard]] std::string text_of(const dims& sizes);

/// A size that two models do not have in common, and its values.
struct size_difference {
  size_info size;
  std::string first, second;
};

/// The first size in which two models differ, of those with one of these uses; nothing if there is
/// none. A 0 that stands for a rule equals what the rule gives. Both must have passed `check`.
[[nodiscard]] std::optional<size_difference> first_difference(
    const dims& first, const dims& second,
    std::initializer_list<size_use> uses = {size_use::result, size_use::limit, size_use::training,
                                            size_use::adapter});

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/core/detail/visit_sizes.ipp>
#endif

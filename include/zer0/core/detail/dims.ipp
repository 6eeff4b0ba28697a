// Bodies of zer0/core/dims.hpp.
#pragma once

#include <zer0/core/dims.hpp>
#include <zer0/core/error.hpp>

#include <algorithm>
#include <charconv>

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

ZER0_INLINE dims dims::of_experts(index_t n) const {
  dims d = *this;
  d.hidden_dim = n * (experts.hidden_dim ? experts.hidden_dim : hidden());
  return d;
}

ZER0_INLINE dims dims::resolved() const {
  dims d = *this;
  d.n_kv_heads = kv_heads();
  d.head_dim = head_size();
  d.hidden_dim = hidden();
  d.multiple_of = 1;
  if (d.experts.hidden_dim == 0) d.experts.hidden_dim = hidden();
  // With a factor of 1 no frequency changes, whatever original_max_seq_len is.
  index_t& original = d.rope_scaling.original_max_seq_len;
  if (original == 0 && d.rope_scaling.factor != 1) original = max_seq_len;
  return d;
}

namespace detail {

/// What `visit_sizes` visits. Whoever adds a size adds a line here.
ZER0_INLINE std::vector<listed_size> list_sizes(dims& d) {
  constexpr size_range some{.words = "it must be at least 1", .least = 1};
  constexpr size_range not_negative{.words = "it must be at least 0", .least = 0};
  constexpr size_range positive{.words = "it must be positive", .above = 0};
  constexpr size_range share{.words = "it must be at least 0 and below 1", .least = 0, .below = 1};
  const auto zero_means = [](std::string_view words) { return size_range{words, 0}; };
  constexpr size_use result = size_use::result, training = size_use::training;
  constexpr size_use adapter = size_use::adapter;
  using place = std::variant<index_t*, double*, bool*, std::string*>;
  std::vector<listed_size> list;
  const auto add_as = [&](std::string_view name, std::string_view key, size_use use,
                          size_range range,
                          place value) { list.push_back({{name, key, use, range}, value}); };
  const auto add = [&](std::string_view name, size_use use, size_range range, place value) {
    add_as(name, name, use, range, value);
  };

  add("dim", result, some, &d.dim);
  add("n_layers", result, some, &d.n_layers);
  add("n_heads", result, some, &d.n_heads);
  add("n_kv_heads", result, zero_means("use a divisor of n_heads, or 0 for n_heads"),
      &d.n_kv_heads);
  add("head_dim", result, zero_means("use 0 for dim / n_heads"), &d.head_dim);
  add("vocab_size", result, some, &d.vocab_size);
  add("max_seq_len", size_use::limit, some, &d.max_seq_len);
  add("hidden_dim", result, zero_means("use 0 for the rule of multiple_of"), &d.hidden_dim);
  add("multiple_of", result, some, &d.multiple_of);
  add("rope_theta", result, positive, &d.rope_theta);

  auto& rope = d.rope_scaling;
  add_as("rope_scaling.factor", "rope_factor", result, some, &rope.factor);
  add_as("rope_scaling.original_max_seq_len", "rope_original_max_seq_len", result,
         zero_means("use 0 for max_seq_len"), &rope.original_max_seq_len);
  add_as("rope_scaling.low_freq_factor", "rope_low_freq_factor", result, positive,
         &rope.low_freq_factor);
  add_as("rope_scaling.high_freq_factor", "rope_high_freq_factor", result, positive,
         &rope.high_freq_factor);
  add_as("rope_scaling.beta_fast", "rope_beta_fast", result, positive, &rope.beta_fast);
  add_as("rope_scaling.beta_slow", "rope_beta_slow", result, positive, &rope.beta_slow);
  add_as("rope_scaling.attention_factor", "rope_attention_factor", result, not_negative,
         &rope.attention_factor);
  add_as("rope_scaling.mscale", "rope_mscale", result, not_negative, &rope.mscale);
  add_as("rope_scaling.mscale_all_dim", "rope_mscale_all_dim", result, not_negative,
         &rope.mscale_all_dim);

  add("sliding_window", result, not_negative, &d.sliding_window);
  add("attn_logit_softcap", result, not_negative, &d.attn_logit_softcap);
  add("kv_lora_rank", result, not_negative, &d.kv_lora_rank);
  add("q_lora_rank", result, not_negative, &d.q_lora_rank);
  add("qk_nope_head_dim", result, not_negative, &d.qk_nope_head_dim);
  add("qk_rope_head_dim", result, not_negative, &d.qk_rope_head_dim);
  add("v_head_dim", result, not_negative, &d.v_head_dim);
  add("norm_eps", result, share, &d.norm_eps);
  add("dropout", training, share, &d.dropout);

  auto& lora = d.lora;
  add_as("lora.rank", "lora_rank", adapter, not_negative, &lora.rank);
  add_as("lora.alpha", "lora_alpha", adapter, positive, &lora.alpha);
  add_as("lora.dropout", "lora_dropout", adapter, share, &lora.dropout);
  add_as("lora.projections", "lora_projections", adapter, {}, &lora.projections);

  auto& e = d.experts;
  add_as("experts.n_routed", "n_routed_experts", result, some, &e.n_routed);
  add_as("experts.per_token", "num_experts_per_tok", result, some, &e.per_token);
  add_as("experts.n_shared", "n_shared_experts", result, not_negative, &e.n_shared);
  add_as("experts.hidden_dim", "expert_hidden_dim", result,
         zero_means("use 0 for that of the feed-forward"), &e.hidden_dim);
  add_as("experts.aux_loss_alpha", "aux_loss_alpha", training, not_negative, &e.aux_loss_alpha);
  add_as("experts.seq_aux", "seq_aux", training, {}, &e.seq_aux);
  add_as("experts.norm_topk_prob", "norm_topk_prob", result, {}, &e.norm_topk_prob);
  add_as("experts.scaling", "routed_scaling_factor", result, {}, &e.scaling);
  add_as("experts.z_loss_alpha", "z_loss_alpha", training, not_negative, &e.z_loss_alpha);
  add_as("experts.capacity_factor", "capacity_factor", result, positive, &e.capacity_factor);
  add_as("experts.bias_update_rate", "bias_update_rate", training, not_negative,
         &e.bias_update_rate);
  return list;
}

}  // namespace detail

ZER0_INLINE void dims::check() const {
  visit_sizes(*this, [](const size_info& size, const auto& value) {
    require(size.allows(value), "dims: ", size.name, " is ", value, "; ", size.range.words);
  });
  require(head_dim > 0 || dim % n_heads == 0, "dims: dim (", dim,
          ") is not a multiple of n_heads (", n_heads, ")");
  require(n_heads % kv_heads() == 0, "dims: n_heads (", n_heads,
          ") is not a multiple of n_kv_heads (", kv_heads(), ")");
  require(experts.per_token <= experts.n_routed, "dims: experts.per_token is ", experts.per_token,
          "; it must be from 1 to experts.n_routed (", experts.n_routed, ")");
  const auto ordered = [](std::string_view low_name, double low, std::string_view high_name,
                          double high) {
    require(low < high, "dims: rope_scaling.", low_name, " is ", low,
            "; it must be below rope_scaling.", high_name, " (", high, ")");
  };
  ordered("low_freq_factor", rope_scaling.low_freq_factor, "high_freq_factor",
          rope_scaling.high_freq_factor);
  ordered("beta_slow", rope_scaling.beta_slow, "beta_fast", rope_scaling.beta_fast);
}

namespace detail {

ZER0_INLINE std::string value_text(index_t value) { return std::to_string(value); }
ZER0_INLINE std::string value_text(bool value) { return value ? "true" : "false"; }
ZER0_INLINE std::string value_text(const std::string& value) { return value; }
ZER0_INLINE std::string value_text(double value) {
  char digits[32];
  return {digits, std::to_chars(digits, digits + sizeof digits, value).ptr};
}

}  // namespace detail

ZER0_INLINE std::vector<size_text> size_texts(const dims& sizes) {
  std::vector<size_text> texts;
  visit_sizes(sizes, [&](const size_info& size, const auto& value) {
    texts.push_back({size, detail::value_text(value)});
  });
  return texts;
}

ZER0_INLINE std::string text_of(const dims& sizes) {
  std::string text;
  for (const size_text& s : size_texts(sizes))
    text += std::string(s.size.key) + ' ' + s.value + '\n';
  return text;
}

ZER0_INLINE std::optional<size_difference> first_difference(const dims& first, const dims& second,
                                                            std::initializer_list<size_use> uses) {
  const auto a = size_texts(first.resolved()), b = size_texts(second.resolved());
  for (std::size_t i = 0; i < a.size(); ++i)
    if (a[i].value != b[i].value &&
        std::find(uses.begin(), uses.end(), a[i].size.use) != uses.end())
      return size_difference{a[i].size, a[i].value, b[i].value};
  return std::nullopt;
}

}  // namespace zer0

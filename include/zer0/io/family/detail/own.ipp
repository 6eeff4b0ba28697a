// Bodies of zer0/io/family/own.hpp.
#pragma once

#include <zer0/io/family/detail/config_file.hpp>
#include <zer0/io/family/own.hpp>

namespace zer0::family::detail {

ZER0_INLINE void read_experts(const config_file& file, expert_sizes& e) {
  e.n_routed = file.get_or("n_routed_experts", e.n_routed);
  e.per_token = file.get_or("num_experts_per_tok", e.per_token);
  e.n_shared = file.get_or("n_shared_experts", e.n_shared);
  e.hidden_dim = file.get_or("expert_hidden_dim", e.hidden_dim);
  e.aux_loss_alpha = file.get_or("aux_loss_alpha", e.aux_loss_alpha);
  e.seq_aux = file.get_or("seq_aux", e.seq_aux);
  e.norm_topk_prob = file.get_or("norm_topk_prob", e.norm_topk_prob);
  e.scaling = file.get_or("routed_scaling_factor", e.scaling);
  e.z_loss_alpha = file.get_or("z_loss_alpha", e.z_loss_alpha);
  e.capacity_factor = file.get_or("capacity_factor", e.capacity_factor);
  e.bias_update_rate = file.get_or("bias_update_rate", e.bias_update_rate);
}
ZER0_INLINE void read_scaling(const config_file& file, rope_scaling_sizes& r) {
  r.factor = file.get_or("rope_factor", r.factor);
  r.original_max_seq_len = file.get_or("rope_original_max_seq_len", r.original_max_seq_len);
  r.low_freq_factor = file.get_or("rope_low_freq_factor", r.low_freq_factor);
  r.high_freq_factor = file.get_or("rope_high_freq_factor", r.high_freq_factor);
  r.beta_fast = file.get_or("rope_beta_fast", r.beta_fast);
  r.beta_slow = file.get_or("rope_beta_slow", r.beta_slow);
  r.attention_factor = file.get_or("rope_attention_factor", r.attention_factor);
  r.mscale = file.get_or("rope_mscale", r.mscale);
  r.mscale_all_dim = file.get_or("rope_mscale_all_dim", r.mscale_all_dim);
}
ZER0_INLINE void write_scaling(const rope_scaling_sizes& r, nlohmann::json& j) {
  json_set(j, {{"rope_factor", r.factor},
               {"rope_original_max_seq_len", r.original_max_seq_len},
               {"rope_low_freq_factor", r.low_freq_factor},
               {"rope_high_freq_factor", r.high_freq_factor},
               {"rope_beta_fast", r.beta_fast},
               {"rope_beta_slow", r.beta_slow},
               {"rope_attention_factor", r.attention_factor},
               {"rope_mscale", r.mscale},
               {"rope_mscale_all_dim", r.mscale_all_dim}});
}
ZER0_INLINE void write_experts(const expert_sizes& e, nlohmann::json& j) {
  json_set(j, {{"n_routed_experts", e.n_routed},
               {"num_experts_per_tok", e.per_token},
               {"n_shared_experts", e.n_shared},
               {"expert_hidden_dim", e.hidden_dim},
               {"aux_loss_alpha", e.aux_loss_alpha},
               {"seq_aux", e.seq_aux},
               {"norm_topk_prob", e.norm_topk_prob},
               {"routed_scaling_factor", e.scaling},
               {"z_loss_alpha", e.z_loss_alpha},
               {"capacity_factor", e.capacity_factor},
               {"bias_update_rate", e.bias_update_rate}});
}

ZER0_INLINE void read_own(const config_file& file, model_config& config) {
  dims& s = config.sizes;
  s.dim = file.get<index_t>("dim");
  s.n_layers = file.get<index_t>("n_layers");
  s.n_heads = file.get<index_t>("n_heads");
  s.n_kv_heads = file.get_or("n_kv_heads", s.n_kv_heads);
  s.head_dim = file.get_or("head_dim", s.head_dim);
  s.vocab_size = file.get<index_t>("vocab_size");
  s.max_seq_len = file.get<index_t>("max_seq_len");
  s.hidden_dim = file.get<index_t>("hidden_dim");
  s.rope_theta = file.get_or("rope_theta", s.rope_theta);
  read_scaling(file, s.rope_scaling);
  s.sliding_window = file.get_or("sliding_window", s.sliding_window);
  s.attn_logit_softcap = file.get_or("attn_logit_softcap", s.attn_logit_softcap);
  s.kv_lora_rank = file.get_or("kv_lora_rank", s.kv_lora_rank);
  s.q_lora_rank = file.get_or("q_lora_rank", s.q_lora_rank);
  s.qk_nope_head_dim = file.get_or("qk_nope_head_dim", s.qk_nope_head_dim);
  s.qk_rope_head_dim = file.get_or("qk_rope_head_dim", s.qk_rope_head_dim);
  s.v_head_dim = file.get_or("v_head_dim", s.v_head_dim);
  s.norm_eps = file.get_or("norm_eps", s.norm_eps);
  read_experts(file, s.experts);
  config.rope_type = file.get_or<std::string>("rope_type", "default");
  config.tied = file.get_or("tie_word_embeddings", false);
}

ZER0_INLINE void write_own(const model_config& config, nlohmann::json& j) {
  const dims& s = config.sizes;
  json_set(j, {{"dim", s.dim},
               {"n_layers", s.n_layers},
               {"n_heads", s.n_heads},
               {"n_kv_heads", s.n_kv_heads},
               {"head_dim", s.head_dim},
               {"max_seq_len", s.max_seq_len},
               {"hidden_dim", s.hidden()},
               {"rope_theta", s.rope_theta},
               {"rope_type", config.rope_type},
               {"sliding_window", s.sliding_window},
               {"attn_logit_softcap", s.attn_logit_softcap},
               {"kv_lora_rank", s.kv_lora_rank},
               {"q_lora_rank", s.q_lora_rank},
               {"qk_nope_head_dim", s.qk_nope_head_dim},
               {"qk_rope_head_dim", s.qk_rope_head_dim},
               {"v_head_dim", s.v_head_dim},
               {"norm_eps", s.norm_eps},
               {"tie_word_embeddings", config.tied}});
  write_experts(s.experts, j);
  write_scaling(s.rope_scaling, j);
}

}  // namespace zer0::family::detail

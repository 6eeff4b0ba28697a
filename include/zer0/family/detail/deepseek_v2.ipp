// Bodies of zer0/family/deepseek_v2.hpp.
#pragma once

#include <zer0/family/deepseek_v2.hpp>
#include <zer0/family/family.hpp>
#include <zer0/family/llama.hpp>
#include <zer0/file/detail/json.hpp>

namespace zer0::family::detail {

/// Throws zer0::error unless all layers are alike and experts are chosen one by one, not in groups.
ZER0_INLINE void refuse_other_experts(const config_file& file) {
  const auto dense = file.get_or<index_t>("first_k_dense_replace", 0);
  require(dense == 0, file.path().string(), ": first_k_dense_replace is ", dense, ": the first ",
          dense,
          " layers have no experts; layers of different kinds in one model are not supported");
  file.only("moe_layer_freq", 1);
  file.only("topk_method", "greedy");
  file.only("scoring_func", "softmax");
  file.only("attention_bias", false);
  file.only("mlp_bias", false);
}

ZER0_INLINE void read_deepseek_v2(const config_file& file, model_config& config) {
  refuse_other_experts(file);
  read_decoder(file, config);
  dims& s = config.sizes;
  s.n_kv_heads = 0;
  s.head_dim = 0;
  s.kv_lora_rank = file.get<index_t>("kv_lora_rank");
  s.q_lora_rank = file.get_or<index_t>("q_lora_rank", 0);
  s.qk_nope_head_dim = file.get<index_t>("qk_nope_head_dim");
  s.qk_rope_head_dim = file.get<index_t>("qk_rope_head_dim");
  s.v_head_dim = file.get<index_t>("v_head_dim");
  expert_sizes& e = s.experts;
  e.n_routed = file.get<index_t>("n_routed_experts");
  e.per_token = file.get<index_t>("num_experts_per_tok");
  e.n_shared = file.get_or<index_t>("n_shared_experts", 0);
  e.hidden_dim = file.get<index_t>("moe_intermediate_size");
  e.norm_topk_prob = file.get_or("norm_topk_prob", false);
  e.scaling = file.get_or("routed_scaling_factor", 1.0);
  e.aux_loss_alpha = file.get_or("aux_loss_alpha", e.aux_loss_alpha);
  e.seq_aux = file.get_or("seq_aux", e.seq_aux);
}

ZER0_INLINE void write_deepseek_v2(const model_config& config, nlohmann::json& j) {
  const dims& s = config.sizes;
  const expert_sizes& e = s.experts;
  write_decoder(config, j);
  zer0::detail::json_set(
      j, {{"head_dim", s.qk_rope_head_dim},
          {"num_key_value_heads", s.n_heads},
          {"kv_lora_rank", s.kv_lora_rank},
          {"q_lora_rank", s.q_lora_rank ? nlohmann::json(s.q_lora_rank) : nlohmann::json()},
          {"qk_nope_head_dim", s.qk_nope_head_dim},
          {"qk_rope_head_dim", s.qk_rope_head_dim},
          {"v_head_dim", s.v_head_dim},
          {"first_k_dense_replace", 0},
          {"moe_layer_freq", 1},
          {"topk_method", "greedy"},
          {"scoring_func", "softmax"},
          {"n_routed_experts", e.n_routed},
          {"num_experts_per_tok", e.per_token},
          {"n_shared_experts", e.n_shared ? nlohmann::json(e.n_shared) : nlohmann::json()},
          {"moe_intermediate_size", e.hidden_dim ? e.hidden_dim : s.hidden()},
          {"norm_topk_prob", e.norm_topk_prob},
          {"routed_scaling_factor", e.scaling},
          {"aux_loss_alpha", e.aux_loss_alpha},
          {"seq_aux", e.seq_aux},
          {"attention_bias", false},
          {"mlp_bias", false}});
}

}  // namespace zer0::family::detail

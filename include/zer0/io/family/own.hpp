// Files of variants that no other library has: zer0's own names for everything.
#pragma once

#include <zer0/io/family/family.hpp>

namespace zer0::family {

namespace detail {

inline void read_experts(const config_file& file, expert_sizes& e) {
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
inline void write_experts(const expert_sizes& e, nlohmann::json& j) {
  j.update({{"n_routed_experts", e.n_routed},
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

}  // namespace detail

/// config.json holds `dims`, member by member.
inline constexpr model_family own{
    .type = "zer0",
    .architecture = "Zer0ForCausalLM",
    .read =
        [](const config_file& file, model_config& config) {
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
          s.norm_eps = file.get_or("norm_eps", s.norm_eps);
          detail::read_experts(file, s.experts);
          config.tied = file.get_or("tie_word_embeddings", false);
        },
    .write =
        [](const model_config& config, nlohmann::json& j) {
          const dims& s = config.sizes;
          j.update({{"dim", s.dim},
                    {"n_layers", s.n_layers},
                    {"n_heads", s.n_heads},
                    {"n_kv_heads", s.n_kv_heads},
                    {"head_dim", s.head_dim},
                    {"max_seq_len", s.max_seq_len},
                    {"hidden_dim", s.hidden()},
                    {"rope_theta", s.rope_theta},
                    {"norm_eps", s.norm_eps},
                    {"tie_word_embeddings", config.tied}});
          detail::write_experts(s.experts, j);
        },
};

}  // namespace zer0::family

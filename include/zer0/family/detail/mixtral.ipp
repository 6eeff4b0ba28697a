// Bodies of zer0/family/mixtral.hpp.
#pragma once

#include <zer0/family/family.hpp>
#include <zer0/family/llama.hpp>
#include <zer0/family/mixtral.hpp>
#include <zer0/file/detail/json.hpp>

#include <utility>

namespace zer0::family::detail {

ZER0_INLINE tensor_place mixtral_place(const std::string& name) {
  if (name.find(".mlp.") == std::string::npos) return {.name = name};
  std::string in_file = zer0::detail::renamed(name, ".mlp.", ".block_sparse_moe.");
  for (const auto& [own, short_name] :
       {std::pair(".gate_proj.", ".w1."), std::pair(".down_proj.", ".w2."),
        std::pair(".up_proj.", ".w3.")})
    in_file = zer0::detail::renamed(in_file, own, short_name);
  return {.name = in_file};
}

ZER0_INLINE void read_mixtral(const config_file& file, model_config& config) {
  read_decoder(file, config);
  const auto window = file.get_or<index_t>("sliding_window", 0);
  require(window == 0 || window >= config.sizes.max_seq_len, file.path().string(),
          ": sliding_window is ", window, "; windows are not supported in models of this type");
  expert_sizes& e = config.sizes.experts;
  e.n_routed = file.get<index_t>("num_local_experts");
  e.per_token = file.get<index_t>("num_experts_per_tok");
  e.aux_loss_alpha = file.get_or("router_aux_loss_coef", e.aux_loss_alpha);
  e.norm_topk_prob = true;
}

ZER0_INLINE void write_mixtral(const model_config& config, nlohmann::json& j) {
  const expert_sizes& e = config.sizes.experts;
  require(e.norm_topk_prob && e.scaling == 1 && e.n_shared == 0,
          "write_config: experts.norm_topk_prob is off, experts.scaling is not 1 or there are "
          "shared experts; files of Mixtral have none of these");
  write_decoder(config, j);
  zer0::detail::json_set(
      j, {{"intermediate_size", e.hidden_dim ? e.hidden_dim : config.sizes.hidden()},
          {"num_local_experts", e.n_routed},
          {"num_experts_per_tok", e.per_token},
          {"router_aux_loss_coef", e.aux_loss_alpha},
          {"sliding_window", nullptr}});
}

}  // namespace zer0::family::detail

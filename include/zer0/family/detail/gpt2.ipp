// Bodies of zer0/family/gpt2.hpp.
#pragma once

#include <zer0/family/family.hpp>
#include <zer0/family/gpt2.hpp>
#include <zer0/file/detail/json.hpp>

#include <utility>

namespace zer0::family::detail {

ZER0_INLINE tensor_place gpt2_place(const std::string& name) {
  static constexpr std::pair<std::string_view, std::string_view> whole[] = {
      {"model.embed_tokens.weight", "transformer.wte.weight"},
      {"model.embed_positions.weight", "transformer.wpe.weight"},
      {"model.norm.weight", "transformer.ln_f.weight"},
      {"model.norm.bias", "transformer.ln_f.bias"}};
  for (const auto& [own, in_file] : whole)
    if (name == own) return {.name = std::string(in_file)};
  static constexpr struct {
    std::string_view own, in_file;
    bool transposed;
    int part, parts;
  } modules[] = {{"input_layernorm", "ln_1", false, 0, 1},
                 {"post_attention_layernorm", "ln_2", false, 0, 1},
                 {"self_attn.q_proj", "attn.c_attn", true, 0, 3},
                 {"self_attn.k_proj", "attn.c_attn", true, 1, 3},
                 {"self_attn.v_proj", "attn.c_attn", true, 2, 3},
                 {"self_attn.o_proj", "attn.c_proj", true, 0, 1},
                 {"mlp.up_proj", "mlp.c_fc", true, 0, 1},
                 {"mlp.down_proj", "mlp.c_proj", true, 0, 1}};
  for (const auto& m : modules)
    if (name.find(m.own) != std::string::npos)
      return {zer0::detail::renamed(zer0::detail::renamed(name, m.own, m.in_file), "model.layers.",
                                    "transformer.h."),
              m.transposed && name.ends_with(".weight"), m.part, m.parts};
  return {.name = name};
}

ZER0_INLINE bool is_gpt2_mask(std::string_view name) {
  return name.ends_with(".attn.bias") || name.ends_with(".attn.masked_bias");
}

ZER0_INLINE void read_gpt2(const config_file& file, model_config& config) {
  file.only("activation_function", "gelu_new");
  file.only("scale_attn_weights", true);
  file.only("scale_attn_by_inverse_layer_idx", false);
  file.only("add_cross_attention", false);
  dims& s = config.sizes;
  s.dim = file.get<index_t>("n_embd");
  s.n_layers = file.get<index_t>("n_layer");
  s.n_heads = file.get<index_t>("n_head");
  s.vocab_size = file.get<index_t>("vocab_size");
  s.max_seq_len = file.get_or<index_t>("n_positions", 1024);
  s.hidden_dim = file.get_or<index_t>("n_inner", 4 * s.dim);
  s.norm_eps = file.get_or<double>("layer_norm_epsilon", 1e-5);
  config.tied = file.get_or<bool>("tie_word_embeddings", true);
}

ZER0_INLINE void write_gpt2(const model_config& config, nlohmann::json& j) {
  const dims& s = config.sizes;
  require(s.kv_heads() == s.n_heads && s.head_size() * s.n_heads == s.dim,
          "write_config: n_kv_heads is ", s.kv_heads(), " and head_dim ", s.head_size(),
          "; files of GPT-2 have n_heads (", s.n_heads,
          ") key/value heads and dim / n_heads elements in each");
  zer0::detail::json_set(j, {{"activation_function", "gelu_new"},
                             {"n_embd", s.dim},
                             {"n_layer", s.n_layers},
                             {"n_head", s.n_heads},
                             {"n_inner", s.hidden()},
                             {"n_positions", s.max_seq_len},
                             {"layer_norm_epsilon", s.norm_eps},
                             {"tie_word_embeddings", config.tied}});
}

}  // namespace zer0::family::detail

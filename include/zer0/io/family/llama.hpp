// Files of Llama, and of what shares most of its keys.
#pragma once

#include <zer0/io/family/family.hpp>

namespace zer0::family {
namespace detail {

/// Rotary positions as older files have them (rope_theta, rope_scaling) and newer ones (rope_parameters).
inline void read_rope(const config_file& file, dims& sizes) {
  sizes.rope_theta = file.get_or<double>("rope_theta", sizes.rope_theta);
  for (const char* key : {"rope_scaling", "rope_parameters"}) {
    if (!file.has(key) || !file[key].is_object()) continue;
    const nlohmann::json& rope = file[key];
    const auto old_name = json_or<std::string>(rope, "type", "default", file.path());
    const auto kind = json_or<std::string>(rope, "rope_type", old_name, file.path());
    require(kind == "default", file.path().string(), ": rope_type is \"", kind, "\" in ", key,
            "; scaled rotary positions are not supported");
    sizes.rope_theta = json_or<double>(rope, "rope_theta", sizes.rope_theta, file.path());
  }
}
inline void write_rope(const dims& sizes, nlohmann::json& j) {
  j["rope_theta"] = sizes.rope_theta;
  j["rope_scaling"] = nullptr;
  j["rope_parameters"] = {{"rope_type", "default"}, {"rope_theta", sizes.rope_theta}};
}

/// What the families since Llama have in common.
inline void read_decoder(const config_file& file, model_config& config) {
  file.only("hidden_act", "silu");
  dims& s = config.sizes;
  s.dim = file.get<index_t>("hidden_size");
  s.n_layers = file.get<index_t>("num_hidden_layers");
  s.n_heads = file.get<index_t>("num_attention_heads");
  s.n_kv_heads = file.get_or<index_t>("num_key_value_heads", 0);
  s.head_dim = file.get_or<index_t>("head_dim", 0);
  s.vocab_size = file.get<index_t>("vocab_size");
  s.max_seq_len = file.get_or<index_t>("max_position_embeddings", 2048);
  s.hidden_dim = file.get<index_t>("intermediate_size");
  s.norm_eps = file.get_or<double>("rms_norm_eps", 1e-6);
  read_rope(file, s);
  config.tied = file.get_or<bool>("tie_word_embeddings", false);
}
inline void write_decoder(const model_config& config, nlohmann::json& j) {
  const dims& s = config.sizes;
  j.update({{"hidden_act", "silu"},
            {"hidden_size", s.dim},
            {"intermediate_size", s.hidden()},
            {"num_hidden_layers", s.n_layers},
            {"num_attention_heads", s.n_heads},
            {"num_key_value_heads", s.kv_heads()},
            {"head_dim", s.head_size()},
            {"max_position_embeddings", s.max_seq_len},
            {"rms_norm_eps", s.norm_eps},
            {"tie_word_embeddings", config.tied}});
  write_rope(s, j);
}

}  // namespace detail

/// Source: transformers, models/llama.
inline constexpr model_family llama{
    .type = "llama",
    .architecture = "LlamaForCausalLM",
    .read =
        [](const config_file& file, model_config& config) {
          file.only("attention_bias", false);
          file.only("mlp_bias", false);
          detail::read_decoder(file, config);
        },
    .write =
        [](const model_config& config, nlohmann::json& j) {
          detail::write_decoder(config, j);
          j.update({{"attention_bias", false}, {"mlp_bias", false}});
        },
};

}  // namespace zer0::family

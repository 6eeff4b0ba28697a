// Bodies of zer0/family/llama.hpp.
#pragma once

#include <zer0/family/family.hpp>
#include <zer0/family/llama.hpp>
#include <zer0/file/detail/json.hpp>

namespace zer0::family::detail {

/// Rotary positions as older files have them (rope_theta, rope_scaling) and newer ones
/// (rope_parameters).
ZER0_INLINE void read_rope(const config_file& file, model_config& config) {
  dims& sizes = config.sizes;
  sizes.rope_theta = file.get_or<double>("rope_theta", sizes.rope_theta);
  for (const char* key : {"rope_scaling", "rope_parameters"}) {
    if (!file.has(key) || !file[key].is_object()) continue;
    const nlohmann::json& rope = file[key];
    const auto old_name = zer0::detail::json_or<std::string>(rope, "type", "default", file.path());
    config.rope_type = zer0::detail::json_or<std::string>(rope, "rope_type", old_name, file.path());
    require(names_scaling(config.rope_type), file.path().string(), ": rope_type is \"",
            config.rope_type, "\" in ", key,
            "; this version knows \"default\", \"linear\", \"llama3\" and \"yarn\"");
    const auto number = [&](const char* name, double otherwise) {
      return zer0::detail::json_or<double>(rope, name, otherwise, file.path());
    };
    sizes.rope_theta = number("rope_theta", sizes.rope_theta);
    rope_scaling_sizes& r = sizes.rope_scaling;
    if (config.rope_type != "default")
      r.factor = zer0::detail::json_member<double>(rope, "factor", file.path());
    r.original_max_seq_len =
        zer0::detail::json_or<index_t>(rope, "original_max_position_embeddings", 0, file.path());
    r.low_freq_factor = number("low_freq_factor", r.low_freq_factor);
    r.high_freq_factor = number("high_freq_factor", r.high_freq_factor);
    r.beta_fast = number("beta_fast", r.beta_fast);
    r.beta_slow = number("beta_slow", r.beta_slow);
    r.attention_factor = number("attention_factor", r.attention_factor);
    r.mscale = number("mscale", r.mscale);
    r.mscale_all_dim = number("mscale_all_dim", r.mscale_all_dim);
  }
}

/// The keys that transformers know for a type of scaling, and no others: they warn of unknown keys.
ZER0_INLINE nlohmann::json rope_scaling_of(const model_config& config) {
  const rope_scaling_sizes& r = config.sizes.rope_scaling;
  nlohmann::json j;
  j["rope_type"] = config.rope_type;
  if (config.rope_type == "default") return j;
  j["factor"] = r.factor;
  if (config.rope_type == "linear") return j;
  j["original_max_position_embeddings"] =
      r.original_max_seq_len ? r.original_max_seq_len : config.sizes.max_seq_len;
  if (config.rope_type == "llama3") {
    zer0::detail::json_set(
        j, {{"low_freq_factor", r.low_freq_factor}, {"high_freq_factor", r.high_freq_factor}});
    return j;
  }
  zer0::detail::json_set(j, {{"beta_fast", r.beta_fast}, {"beta_slow", r.beta_slow}});
  if (r.attention_factor > 0) j["attention_factor"] = r.attention_factor;
  if (r.mscale > 0 && r.mscale_all_dim > 0)
    zer0::detail::json_set(j, {{"mscale", r.mscale}, {"mscale_all_dim", r.mscale_all_dim}});
  return j;
}
ZER0_INLINE void write_rope(const model_config& config, nlohmann::json& j) {
  nlohmann::json scaling = rope_scaling_of(config);
  j["rope_theta"] = config.sizes.rope_theta;
  j["rope_scaling"] = config.rope_type == "default" ? nlohmann::json() : scaling;
  scaling["rope_theta"] = config.sizes.rope_theta;
  j["rope_parameters"] = scaling;
}

ZER0_INLINE void read_decoder(const config_file& file, model_config& config) {
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
  read_rope(file, config);
  config.tied = file.get_or<bool>("tie_word_embeddings", false);
}
ZER0_INLINE void write_decoder(const model_config& config, nlohmann::json& j) {
  const dims& s = config.sizes;
  zer0::detail::json_set(j, {{"hidden_act", "silu"},
                             {"hidden_size", s.dim},
                             {"intermediate_size", s.hidden()},
                             {"num_hidden_layers", s.n_layers},
                             {"num_attention_heads", s.n_heads},
                             {"num_key_value_heads", s.kv_heads()},
                             {"head_dim", s.head_size()},
                             {"max_position_embeddings", s.max_seq_len},
                             {"rms_norm_eps", s.norm_eps},
                             {"tie_word_embeddings", config.tied}});
  write_rope(config, j);
}

ZER0_INLINE void read_llama(const config_file& file, model_config& config) {
  file.only("attention_bias", false);
  file.only("mlp_bias", false);
  read_decoder(file, config);
}

ZER0_INLINE void write_llama(const model_config& config, nlohmann::json& j) {
  write_decoder(config, j);
  zer0::detail::json_set(j, {{"attention_bias", false}, {"mlp_bias", false}});
}

}  // namespace zer0::family::detail

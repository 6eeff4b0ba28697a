// Files of Qwen3: Llama with a norm of each head's queries and keys.
#pragma once

#include <zer0/io/family/qwen2.hpp>

namespace zer0::family {

/// Source: transformers, models/qwen3; Yang et al. 2025, arXiv:2505.09388.
inline constexpr model_family qwen3{
    .type = "qwen3",
    .architecture = "Qwen3ForCausalLM",
    .read =
        [](const config_file& file, model_config& config) {
          file.only("attention_bias", false);
          detail::refuse_window_in_use(file);
          detail::read_decoder(file, config);
          if (!file.has("head_dim")) config.sizes.head_dim = 128;
        },
    .write =
        [](const model_config& config, nlohmann::json& j) {
          detail::write_decoder(config, j);
          j.update({{"attention_bias", false}, {"use_sliding_window", false}});
        },
};

}  // namespace zer0::family

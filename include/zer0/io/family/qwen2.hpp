// Files of Qwen2: Llama with a bias in the projections to queries, keys and values.
#pragma once

#include <zer0/io/family/llama.hpp>

namespace zer0::family {
namespace detail {

/// Qwen's files name a window even where no layer uses it.
inline void refuse_window_in_use(const config_file& file) {
  file.only("use_sliding_window", false);
  if (!file.has("layer_types")) return;
  for (const nlohmann::json& kind : file["layer_types"])
    require(kind == "full_attention", file.path().string(), ": layer_types has ", kind.dump(),
            "; layers of different kinds in one model are not supported");
}

}  // namespace detail

/// Source: transformers, models/qwen2; Yang et al. 2024, arXiv:2407.10671.
inline constexpr model_family qwen2{
    .type = "qwen2",
    .architecture = "Qwen2ForCausalLM",
    .read =
        [](const config_file& file, model_config& config) {
          detail::refuse_window_in_use(file);
          detail::read_decoder(file, config);
        },
    .write =
        [](const model_config& config, nlohmann::json& j) {
          detail::write_decoder(config, j);
          j["use_sliding_window"] = false;
        },
};

}  // namespace zer0::family

// Bodies of zer0/family/qwen3.hpp.
#pragma once

#include <zer0/family/family.hpp>
#include <zer0/family/llama.hpp>
#include <zer0/family/qwen2.hpp>
#include <zer0/family/qwen3.hpp>
#include <zer0/file/detail/json.hpp>

namespace zer0::family::detail {

ZER0_INLINE void read_qwen3(const config_file& file, model_config& config) {
  file.only("attention_bias", false);
  refuse_window_in_use(file);
  read_decoder(file, config);
  if (!file.has("head_dim")) config.sizes.head_dim = 128;
}

ZER0_INLINE void write_qwen3(const model_config& config, nlohmann::json& j) {
  write_decoder(config, j);
  zer0::detail::json_set(j, {{"attention_bias", false}, {"use_sliding_window", false}});
}

}  // namespace zer0::family::detail

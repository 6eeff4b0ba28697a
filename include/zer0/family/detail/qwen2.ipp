// Bodies of zer0/family/qwen2.hpp.
#pragma once

#include <zer0/family/family.hpp>
#include <zer0/family/llama.hpp>
#include <zer0/family/qwen2.hpp>
#include <zer0/file/detail/json.hpp>

namespace zer0::family::detail {

ZER0_INLINE void refuse_window_in_use(const config_file& file) {
  file.only("use_sliding_window", false);
  if (!file.has("layer_types")) return;
  for (const nlohmann::json& kind : file["layer_types"])
    require(zer0::detail::json_is(kind, "full_attention"), file.path().string(),
            ": layer_types has ", kind.dump(),
            "; layers of different kinds in one model are not supported");
}

ZER0_INLINE void read_qwen2(const config_file& file, model_config& config) {
  refuse_window_in_use(file);
  read_decoder(file, config);
}

ZER0_INLINE void write_qwen2(const model_config& config, nlohmann::json& j) {
  write_decoder(config, j);
  j["use_sliding_window"] = false;
}

}  // namespace zer0::family::detail

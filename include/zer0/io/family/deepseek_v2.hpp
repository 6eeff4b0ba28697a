// Files of DeepSeek-V2: latent attention and fine-grained experts; rotary rows are interleaved.
#pragma once

#include <zer0/io/family/family.hpp>

namespace zer0::family {
namespace detail {

void read_deepseek_v2(const config_file& file, model_config& config);
void write_deepseek_v2(const model_config& config, nlohmann::json& j);

}  // namespace detail

/// Source: transformers, models/deepseek_v2; DeepSeek-AI 2024, arXiv:2405.04434.
inline constexpr model_family deepseek_v2{
    .type = "deepseek_v2",
    .architecture = "DeepseekV2ForCausalLM",
    .read = detail::read_deepseek_v2,
    .write = detail::write_deepseek_v2,
    .interleaved = true,
};

}  // namespace zer0::family

#ifndef ZER0_COMPILED
#include <zer0/io/family/detail/deepseek_v2.ipp>
#endif

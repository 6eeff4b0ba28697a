// Files of Llama, and of what shares most of its keys.
#pragma once

#include <zer0/io/family/family.hpp>

namespace zer0::family {
namespace detail {

/// What the families since Llama have in common.
void read_decoder(const config_file& file, model_config& config);
void write_decoder(const model_config& config, nlohmann::json& j);

void read_llama(const config_file& file, model_config& config);
void write_llama(const model_config& config, nlohmann::json& j);

}  // namespace detail

/// Source: transformers, models/llama.
inline constexpr model_family llama{
    .type = "llama",
    .architecture = "LlamaForCausalLM",
    .read = detail::read_llama,
    .write = detail::write_llama,
};

}  // namespace zer0::family

#ifndef ZER0_COMPILED
#include <zer0/io/family/detail/llama.ipp>
#endif

// Files of Qwen3: Llama with a norm of each head's queries and keys.
#pragma once

#include <zer0/io/family/family.hpp>

namespace zer0::family {
namespace detail {

void read_qwen3(const config_file& file, model_config& config);
void write_qwen3(const model_config& config, nlohmann::json& j);

}  // namespace detail

/// Source: transformers, models/qwen3; Yang et al. 2025, arXiv:2505.09388.
inline constexpr model_family qwen3{
    .type = "qwen3",
    .architecture = "Qwen3ForCausalLM",
    .read = detail::read_qwen3,
    .write = detail::write_qwen3,
};

}  // namespace zer0::family

#ifndef ZER0_COMPILED
#include <zer0/io/family/detail/qwen3.ipp>
#endif

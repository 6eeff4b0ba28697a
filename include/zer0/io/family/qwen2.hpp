// Files of Qwen2: Llama with a bias in the projections to queries, keys and values.
#pragma once

#include <zer0/io/family/family.hpp>

namespace zer0::family {
namespace detail {

/// Qwen's files name a window even where no layer uses it.
void refuse_window_in_use(const config_file& file);

void read_qwen2(const config_file& file, model_config& config);
void write_qwen2(const model_config& config, nlohmann::json& j);

}  // namespace detail

/// Source: transformers, models/qwen2; Yang et al. 2024, arXiv:2407.10671.
inline constexpr model_family qwen2{
    .type = "qwen2",
    .architecture = "Qwen2ForCausalLM",
    .read = detail::read_qwen2,
    .write = detail::write_qwen2,
};

}  // namespace zer0::family

#ifndef ZER0_COMPILED
#include <zer0/io/family/detail/qwen2.ipp>
#endif

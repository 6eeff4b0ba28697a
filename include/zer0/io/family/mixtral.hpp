// Files of Mixtral: Llama with experts, whose tensors have names of their own.
#pragma once

#include <zer0/io/family/family.hpp>

namespace zer0::family {
namespace detail {

tensor_place mixtral_place(const std::string& name);

void read_mixtral(const config_file& file, model_config& config);
void write_mixtral(const model_config& config, nlohmann::json& j);

}  // namespace detail

/// Source: transformers, models/mixtral; Jiang et al. 2024, arXiv:2401.04088. The loss of balance is another in
/// transformers, over all layers at once; its weight is taken as it is.
inline constexpr model_family mixtral{
    .type = "mixtral",
    .architecture = "MixtralForCausalLM",
    .read = detail::read_mixtral,
    .write = detail::write_mixtral,
    .place = detail::mixtral_place,
};

}  // namespace zer0::family

#ifndef ZER0_COMPILED
#include <zer0/io/family/detail/mixtral.ipp>
#endif

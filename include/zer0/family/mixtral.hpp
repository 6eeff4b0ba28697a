// Mixtral: Llama with experts; and its files, whose tensors have names of their own.
#pragma once

#include <zer0/family/family.hpp>
#include <zer0/model/decoder.hpp>
#include <zer0/moe/moe.hpp>

#include <string>

namespace zer0::family {
namespace detail {

tensor_place mixtral_place(const std::string& name);

void read_mixtral(const config_file& file, model_config& config);
void write_mixtral(const model_config& config, nlohmann::json& j);

}  // namespace detail

/// Source: transformers, models/mixtral; Jiang et al. 2024, arXiv:2401.04088. transformers compute
/// the balance loss over all layers at once, zer0 in each layer; the weight of the loss is read
/// unchanged.
inline constexpr model_family mixtral{
    .type = "mixtral",
    .architecture = "MixtralForCausalLM",
    .read = detail::read_mixtral,
    .write = detail::write_mixtral,
    .place = detail::mixtral_place,
};

}  // namespace zer0::family

namespace zer0 {

/// Source: Jiang et al. 2024, arXiv:2401.04088.
template <policy_for<head_role> Head = untied_head>
struct mixtral_of
    : decoder<gqa<rope_half_split, flash>, moe<softmax_top_k, swiglu>, rms_norm, Head> {
  static constexpr const model_family& files = family::mixtral;
};
using mixtral = mixtral_of<>;

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/family/detail/mixtral.ipp>
#endif

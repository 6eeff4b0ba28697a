// DeepSeek-V2: latent attention and fine-grained experts; and its files, where rotary rows are
// interleaved.
#pragma once

#include <zer0/attention/mla.hpp>
#include <zer0/family/family.hpp>
#include <zer0/model/decoder.hpp>
#include <zer0/moe/moe.hpp>

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

namespace zer0 {

/// DeepSeek-V2 and V2-Lite, except for their first layer: theirs has a feed-forward without
/// experts, this composition's has experts. Source: DeepSeek-AI 2024, arXiv:2405.04434.
template <policy_for<head_role> Head = untied_head>
struct deepseek_v2_of : decoder<mla<rope, flash>, moe<softmax_top_k, swiglu>, rms_norm, Head> {
  static constexpr const model_family& files = family::deepseek_v2;
};
using deepseek_v2 = deepseek_v2_of<>;

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/family/detail/deepseek_v2.ipp>
#endif

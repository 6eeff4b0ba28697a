// Qwen3: Llama with a norm of each head's queries and keys; and its files.
#pragma once

#include <zer0/attention/qk_norm.hpp>
#include <zer0/family/family.hpp>
#include <zer0/model/decoder.hpp>

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

namespace zer0 {

/// The dense models of Qwen3; the large ones are `qwen3_of<untied_head>`. Source: Yang et al. 2025,
/// arXiv:2505.09388.
template <policy_for<head_role> Head = tied_head>
struct qwen3_of : decoder<gqa<rope_half_split, flash, qk_norm>, swiglu, rms_norm, Head> {
  static constexpr const model_family& files = family::qwen3;
};
using qwen3 = qwen3_of<>;

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/family/detail/qwen3.ipp>
#endif

// Qwen2: Llama with a bias in the projections to queries, keys and values; and its files.
#pragma once

#include <zer0/family/family.hpp>
#include <zer0/layer/biased.hpp>
#include <zer0/model/decoder.hpp>

namespace zer0::family {
namespace detail {

/// Throws zer0::error if a layer uses the sliding window. Qwen's files name one even if none does.
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

namespace zer0 {

/// Qwen2 and Qwen2.5; the large models are `qwen2_of<untied_head>`. Source: Yang et al. 2024,
/// arXiv:2407.10671.
template <policy_for<head_role> Head = tied_head>
struct qwen2_of
    : decoder<gqa<rope_half_split, flash, biased<projections<"q_proj", "k_proj", "v_proj">>>,
              swiglu, rms_norm, Head> {
  static constexpr const model_family& files = family::qwen2;
};
using qwen2 = qwen2_of<>;

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/family/detail/qwen2.ipp>
#endif

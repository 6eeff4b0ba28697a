// GPT-2, and its files: names of their own, weights of linears transposed, queries, keys and values
// in one tensor.
#pragma once

#include <zer0/family/family.hpp>
#include <zer0/layer/biased.hpp>
#include <zer0/layer/embedding.hpp>
#include <zer0/layer/feed_forward.hpp>
#include <zer0/layer/layer_norm.hpp>
#include <zer0/layer/rope.hpp>
#include <zer0/model/decoder.hpp>

#include <string>
#include <string_view>

namespace zer0::family {
namespace detail {

tensor_place gpt2_place(const std::string& name);
/// Whether a tensor is the causal mask, which some files hold in every layer.
bool is_gpt2_mask(std::string_view name);

void read_gpt2(const config_file& file, model_config& config);
void write_gpt2(const model_config& config, nlohmann::json& j);

}  // namespace detail

/// Source: transformers, models/gpt2; Radford et al. 2019, "Language models are unsupervised
/// multitask learners".
inline constexpr model_family gpt2{
    .type = "gpt2",
    .architecture = "GPT2LMHeadModel",
    .read = detail::read_gpt2,
    .write = detail::write_gpt2,
    .place = detail::gpt2_place,
    .is_of_no_use = detail::is_gpt2_mask,
    .prefix = "transformer.",
};

}  // namespace zer0::family

namespace zer0 {

/// Source: Radford et al. 2019, "Language models are unsupervised multitask learners".
struct gpt2 : decoder<gqa<no_position, flash, biased<>>, mlp<gelu_tanh, biased<>>, layer_norm,
                      learned_positions, tied_head> {
  static constexpr const model_family& files = family::gpt2;
};

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/family/detail/gpt2.ipp>
#endif

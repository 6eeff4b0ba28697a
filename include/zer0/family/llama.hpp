// Llama: the composition, and its files, whose keys most later families share.
#pragma once

#include <zer0/family/family.hpp>
#include <zer0/model/decoder.hpp>

#include <string_view>

namespace zer0::family {
namespace detail {

/// Read and write the keys of config.json that the families since Llama have in common.
void read_decoder(const config_file& file, model_config& config);
void write_decoder(const model_config& config, nlohmann::json& j);

/// Whether these files have a name for the scaling of positions.
constexpr bool names_scaling(std::string_view rope_type) {
  return rope_type == "default" || rope_type == "linear" || rope_type == "llama3" ||
         rope_type == "yarn";
}

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

namespace zer0 {

/// Llama 1, 2 and 3; the small models of Llama 3.2 are `llama_of<tied_head>`. Rotary positions are
/// half-split, as in files. Source: Touvron et al. 2023, arXiv:2302.13971; Grattafiori et al. 2024,
/// arXiv:2407.21783.
template <policy_for<head_role> Head = untied_head>
struct llama_of : decoder<gqa<rope_half_split, flash>, swiglu, rms_norm, Head> {
  static constexpr const model_family& files = family::llama;
};
using llama = llama_of<>;

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/family/detail/llama.ipp>
#endif

// RoPE scaling as in Llama 3.1.
#pragma once

#include <zer0/core/detail/compiled.hpp>
#include <zer0/layer/rope.hpp>

#include <string_view>

namespace zer0 {

/// The wavelength of a pair, 2 pi / frequency tokens, decides. Below `original_max_seq_len` /
/// `high_freq_factor` the frequency stays; above `original_max_seq_len` / `low_freq_factor` it is
/// divided by `factor`; in between, the two are blended. Sizes: dims::rope_scaling. Source: Llama
/// Team 2024, arXiv:2407.21783, section 3.4.2 mentions the change of base; this rule is that of
/// their published code (meta-llama/llama-models, apply_scaling) and of transformers.
struct llama3_scaling {
  using role = rope_scaling_role;
  static constexpr std::string_view rope_type = "llama3";

  static rope_angles angles(const dims& sizes, index_t head_dim);
};

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/layer/rope_scaling/detail/llama3_scaling.ipp>
#endif

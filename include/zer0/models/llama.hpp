// Llama as one composition.
#pragma once

#include <zer0/model/decoder.hpp>

#include <string_view>

namespace zer0 {

/// Llama 1, 2 and 3; `llama_of<tied_head>` is that of the small ones of Llama 3.2. Rotary positions are half-split, as
/// in files. Source: Touvron et al. 2023, arXiv:2302.13971; Grattafiori et al. 2024, arXiv:2407.21783.
template <policy_for<head_role> Head = untied_head>
struct llama_of : decoder<gqa<rope_half_split, flash>, swiglu, rms_norm, Head> {
  static constexpr std::string_view family = "llama";
};
using llama = llama_of<>;

}  // namespace zer0

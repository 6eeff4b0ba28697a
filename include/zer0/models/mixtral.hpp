// Mixtral as one composition.
#pragma once

#include <zer0/model/decoder.hpp>
#include <zer0/moe/moe.hpp>

#include <string_view>

namespace zer0 {

/// Source: Jiang et al. 2024, arXiv:2401.04088.
template <policy_for<head_role> Head = untied_head>
struct mixtral_of : decoder<gqa<rope_half_split, flash>, moe<softmax_top_k, swiglu>, rms_norm, Head> {
  static constexpr std::string_view family = "mixtral";
};
using mixtral = mixtral_of<>;

}  // namespace zer0

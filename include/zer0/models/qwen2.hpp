// Qwen2 as one composition.
#pragma once

#include <zer0/layer/biased.hpp>
#include <zer0/model/decoder.hpp>

#include <string_view>

namespace zer0 {

/// Qwen2 and Qwen2.5; `qwen2_of<untied_head>` is that of the large ones. Source: Yang et al. 2024, arXiv:2407.10671.
template <policy_for<head_role> Head = tied_head>
struct qwen2_of
    : decoder<gqa<rope_half_split, flash, biased<projections<"q_proj", "k_proj", "v_proj">>>, swiglu, rms_norm, Head> {
  static constexpr std::string_view family = "qwen2";
};
using qwen2 = qwen2_of<>;

}  // namespace zer0

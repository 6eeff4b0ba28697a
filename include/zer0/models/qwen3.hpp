// Qwen3 as one composition.
#pragma once

#include <zer0/attention/qk_norm.hpp>
#include <zer0/model/decoder.hpp>

#include <string_view>

namespace zer0 {

/// The dense models of Qwen3; `qwen3_of<untied_head>` is that of the large ones. Source: Yang et al. 2025,
/// arXiv:2505.09388.
template <policy_for<head_role> Head = tied_head>
struct qwen3_of : decoder<gqa<rope_half_split, flash, qk_norm>, swiglu, rms_norm, Head> {
  static constexpr std::string_view family = "qwen3";
};
using qwen3 = qwen3_of<>;

}  // namespace zer0

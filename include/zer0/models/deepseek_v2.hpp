// DeepSeek-V2 as one composition.
#pragma once

#include <zer0/attention/mla.hpp>
#include <zer0/model/decoder.hpp>
#include <zer0/moe/moe.hpp>

#include <string_view>

namespace zer0 {

/// DeepSeek-V2 and V2-Lite, but for their first layer, which has a feed-forward without experts there. Source:
/// DeepSeek-AI 2024, arXiv:2405.04434.
template <policy_for<head_role> Head = untied_head>
struct deepseek_v2_of : decoder<mla<rope, flash>, moe<softmax_top_k, swiglu>, rms_norm, Head> {
  static constexpr std::string_view family = "deepseek_v2";
};
using deepseek_v2 = deepseek_v2_of<>;

}  // namespace zer0

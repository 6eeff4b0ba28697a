// What a golden file holds, told by its tensors.
#pragma once

#include "support/golden_file.hpp"

#include <algorithm>
#include <string_view>

namespace support::golden {

enum class kind {
  dense,
  attention,
  rope,
  rms_norm,
  swiglu,
  adamw,
  train_curve,
  sampling,
  generate,
  preference,
  lora,
  experts,
  unknown
};

/// "whole model"
[[nodiscard]] constexpr std::string_view name_of(kind k) {
  constexpr std::string_view names[] = {
      "whole model", "attention", "rope",       "rms_norm", "swiglu",  "adamw",  "train curve",
      "sampling",    "generate",  "preference", "LoRA",     "experts", "unknown"};
  return names[static_cast<std::size_t>(k)];
}

[[nodiscard]] inline kind kind_of(const file& f) {
  const auto names = f.names();
  const auto any = [&](auto holds) { return std::ranges::any_of(names, holds); };
  const auto ends = [&](std::string_view end) {
    return any([&](const auto& n) { return n.ends_with(end); });
  };
  const auto contains = [&](std::string_view part) {
    return any([&](const auto& n) { return n.find(part) != std::string::npos; });
  };
  if (contains(".greedy.")) return kind::generate;
  if (contains(".lora.")) return kind::lora;
  if (contains(".experts.")) return kind::experts;
  if (f.has("policy_logprobs")) return kind::preference;
  if (f.has("case.0.probs")) return kind::sampling;
  if (f.has("step_loss")) return kind::train_curve;
  if (f.has("exp_avg") && f.has("grads")) return kind::adamw;
  if (f.has("logits") && f.has("input_ids")) return kind::dense;
  if (f.has("dwq.weight")) return kind::attention;
  if (f.has("dw1.weight")) return kind::swiglu;
  if (ends("q_out")) return kind::rope;
  if (ends("dweight")) return kind::rms_norm;
  return kind::unknown;
}

}  // namespace support::golden

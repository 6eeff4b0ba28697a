// GPT-2 as one composition.
#pragma once

#include <zer0/layer/biased.hpp>
#include <zer0/layer/layer_norm.hpp>
#include <zer0/layer/learned_positions.hpp>
#include <zer0/layer/mlp.hpp>
#include <zer0/layer/no_position.hpp>
#include <zer0/model/decoder.hpp>

#include <string_view>

namespace zer0 {

/// Source: Radford et al. 2019, "Language models are unsupervised multitask learners".
struct gpt2
    : decoder<gqa<no_position, flash, biased<>>, mlp<gelu_tanh, biased<>>, layer_norm, learned_positions, tied_head> {
  static constexpr std::string_view family = "gpt2";
};

}  // namespace zer0

// The feed-forward of GPT-2.
#pragma once

#include <zer0/layer/biased.hpp>
#include <zer0/layer/mlp.hpp>

namespace zer0 {

/// W_down gelu(W_up x + b_up) + b_down, gelu by tanh.
/// Source: Radford et al. 2019, "Language models are unsupervised multitask learners"; Hendrycks & Gimpel 2016,
/// arXiv:1606.08415.
using gelu_mlp = mlp<gelu_tanh, biased<>>;

}  // namespace zer0

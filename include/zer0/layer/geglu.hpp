// GeGLU: the feed-forward gated by gelu, of Gemma and T5 1.1.
#pragma once

#include <zer0/layer/gated.hpp>

namespace zer0 {

/// W_down (gelu(W_gate x) * W_up x), gelu by tanh as those models compute it; `gated<gelu>` is the exact one.
/// Source: Shazeer 2020, arXiv:2002.05202.
using geglu = gated<gelu_tanh>;

}  // namespace zer0

// SwiGLU: the feed-forward gated by silu, of Llama and most models since.
#pragma once

#include <zer0/layer/gated.hpp>

namespace zer0 {

/// W_down (silu(W_gate x) * W_up x). Source: Shazeer 2020, arXiv:2002.05202.
using swiglu = gated<silu>;

}  // namespace zer0

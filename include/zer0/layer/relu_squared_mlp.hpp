// ReLU squared: the feed-forward of Primer.
#pragma once

#include <zer0/layer/mlp.hpp>

namespace zer0 {

/// W_down max(W_up x, 0)^2. Source: So et al. 2021, arXiv:2109.08668, section 3.
using relu_squared_mlp = mlp<relu_squared>;

}  // namespace zer0

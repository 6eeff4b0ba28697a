// Pre-norm: a branch reads the norm of the stream.
#pragma once

#include <zer0/core/roles.hpp>
#include <zer0/layer/residual.hpp>

namespace zer0 {

/// stream += dropout(branch(norm(stream))), and a norm after the last block. What most models do, and the default.
/// Source: Xiong et al. 2020, arXiv:2002.04745; Radford et al. 2019, "Language models are unsupervised multitask
/// learners", section 2.3.
struct pre_norm {
  using role = placement_role;
  static constexpr bool final_norm = true;
  template <policy_for<norm_role> Norm, policy Branch, device Device>
  using branch = residual<Norm, Branch, Device>;
};

}  // namespace zer0

// Sliding window: a query sees the last keys only.
#pragma once

#include <zer0/core/dims.hpp>
#include <zer0/core/roles.hpp>
#include <zer0/device/device.hpp>

namespace zer0 {

/// Each query sees the `dims::sliding_window` last keys of its sequence, itself included: what it costs does not grow
/// with the sequence beyond that. A mask for an attention: gqa<sliding_window>. The cache keeps older keys; nobody
/// reads them. Throws: zer0::error if dims::sliding_window is 0. Sources: Child et al. 2019, arXiv:1904.10509; Jiang et
/// al. 2023 (Mistral 7B), arXiv:2310.06825, section 2.
struct sliding_window {
  using role = attention_mask_role;

  static void apply(const dims& sizes, attention_sizes& a) {
    require(sizes.sliding_window > 0, "sliding_window: dims::sliding_window is ", sizes.sliding_window,
            "; say how many keys a query sees, itself included");
    a.window = sizes.sliding_window;
  }
};

}  // namespace zer0

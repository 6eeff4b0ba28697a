// The attention kernels to choose from: standard and flash.
#pragma once

#include <zer0/core/roles.hpp>
#include <zer0/layer/context.hpp>

namespace zer0 {

/// Softmax over the whole row of scores. Keeps all probabilities: N*H*T numbers.
/// Source: Vaswani et al. 2017, arXiv:1706.03762, section 3.2.1.
struct standard {
  using role = attention_kernel_role;

  template <device Device>
  struct kernel {
    using real = typename Device::real;
    struct saved {
      tensor_view<real> probabilities;
    };

    /// q, o (N, H*C), k, v (N, K*C).
    static void forward(context<Device>& c, const attention_sizes& a, tensor_view<const real> q,
                        tensor_view<const real> k, tensor_view<const real> v, tensor_view<real> o, saved& s) {
      s.probabilities = c.keep.matrix(q.rows * a.heads, c.layout.longest);
      standard_attention_forward(c.device, a, q, k, v, c.layout.starts, s.probabilities, o);
    }

    static void backward(context<Device>& c, const attention_sizes& a, tensor_view<const real> q,
                         tensor_view<const real> k, tensor_view<const real> v, tensor_view<const real> /*o*/,
                         tensor_view<const real> dout, const saved& s, tensor_view<real> dq, tensor_view<real> dk,
                         tensor_view<real> dv) {
      const arena_scope<Device> scope(c.scratch);
      const tensor_view<real> scratch = c.scratch.matrix(s.probabilities.rows, s.probabilities.cols);
      standard_attention_backward(c.device, a, q, k, v, c.layout.starts, s.probabilities, dout, scratch, dq, dk, dv);
    }
  };
};

/// The same numbers by online softmax over tiles of keys. Keeps one number a row: N*H; no T x T matrix exists.
/// Source: Dao et al. 2022, arXiv:2205.14135; Dao 2023, arXiv:2307.08691.
struct flash {
  using role = attention_kernel_role;

  template <device Device>
  struct kernel {
    using real = typename Device::real;
    struct saved {
      std::span<wide<real>> lse;
    };

    static void forward(context<Device>& c, const attention_sizes& a, tensor_view<const real> q,
                        tensor_view<const real> k, tensor_view<const real> v, tensor_view<real> o, saved& s) {
      s.lse = c.keep.template vector<wide<real>>(q.rows * a.heads);
      flash_attention_forward(c.device, a, q, k, v, c.layout.starts, o, s.lse);
    }

    static void backward(context<Device>& c, const attention_sizes& a, tensor_view<const real> q,
                         tensor_view<const real> k, tensor_view<const real> v, tensor_view<const real> o,
                         tensor_view<const real> dout, const saved& s, tensor_view<real> dq, tensor_view<real> dk,
                         tensor_view<real> dv) {
      const arena_scope<Device> scope(c.scratch);
      const auto scratch = c.scratch.template vector<wide<real>>(q.rows * a.heads);
      flash_attention_backward(c.device, a, q, k, v, c.layout.starts, o, s.lse, dout, scratch, dq, dk, dv);
    }
  };
};

template <class K, class D>
concept has_kernel_forward = requires(context<D>& c, const attention_sizes& a, const_view<D> x, view<D> y,
                                      typename K::saved& s) {
  K::forward(c, a, x, x, x, y, s);
};
template <class K, class D>
concept has_kernel_backward = requires(context<D>& c, const attention_sizes& a, const_view<D> x, view<D> y,
                                       const typename K::saved& s) {
  K::backward(c, a, x, x, x, x, x, s, y, y, y);
};

}  // namespace zer0

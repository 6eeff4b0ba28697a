// The attention kernels to choose from: standard_attention and flash.
#pragma once

#include <zer0/core/roles.hpp>
#include <zer0/layer/layer.hpp>

namespace zer0 {

/// Softmax over whole rows of scores. Memory: keeps all probabilities, N*H*T numbers for T tokens
/// in the longest sequence. Source: Vaswani et al. 2017, arXiv:1706.03762, section 3.2.1.
struct standard_attention {
  using role = attention_kernel_role;

  template <device Device>
  struct kernel {
    using real = typename Device::real;
    struct saved {
      tensor_view<real> probabilities;
    };

    /// q, o (N, H*C), k, v (N, K*C).
    static void forward(context<Device>& c, const attention_sizes& a, tensor_view<const real> q,
                        tensor_view<const real> k, tensor_view<const real> v, tensor_view<real> o,
                        saved& s) {
      s.probabilities = c.keep.matrix(q.rows * a.heads, c.layout.longest);
      standard_attention_forward(c.device, a,
                                 {.q = q,
                                  .k = k,
                                  .v = v,
                                  .starts = c.layout.starts,
                                  .probabilities = s.probabilities,
                                  .o = o});
    }

    static void backward(context<Device>& c, const attention_sizes& a, tensor_view<const real> q,
                         tensor_view<const real> k, tensor_view<const real> v,
                         tensor_view<const real> /*o*/, tensor_view<const real> dout,
                         const saved& s, tensor_view<real> dq, tensor_view<real> dk,
                         tensor_view<real> dv) {
      const arena_scope<Device> scope(c.scratch);
      const tensor_view<real> scratch =
          c.scratch.matrix(s.probabilities.rows, s.probabilities.cols);
      standard_attention_backward(c.device, a,
                                  {.q = q,
                                   .k = k,
                                   .v = v,
                                   .starts = c.layout.starts,
                                   .probabilities = s.probabilities,
                                   .dout = dout,
                                   .scratch = scratch,
                                   .dq = dq,
                                   .dk = dk,
                                   .dv = dv});
    }
  };
};

/// Equals standard_attention up to rounding, by online softmax over tiles of keys: no T x T matrix
/// ever exists. Memory: keeps one number per row of scores, N*H. Source: Dao et al. 2022,
/// arXiv:2205.14135; Dao 2023, arXiv:2307.08691.
struct flash {
  using role = attention_kernel_role;

  template <device Device>
  struct kernel {
    using real = typename Device::real;
    struct saved {
      std::span<wide<real>> lse;
    };

    static void forward(context<Device>& c, const attention_sizes& a, tensor_view<const real> q,
                        tensor_view<const real> k, tensor_view<const real> v, tensor_view<real> o,
                        saved& s) {
      s.lse = c.keep.template vector<wide<real>>(q.rows * a.heads);
      flash_attention_forward(
          c.device, a, {.q = q, .k = k, .v = v, .starts = c.layout.starts, .o = o, .lse = s.lse});
    }

    static void backward(context<Device>& c, const attention_sizes& a, tensor_view<const real> q,
                         tensor_view<const real> k, tensor_view<const real> v,
                         tensor_view<const real> o, tensor_view<const real> dout, const saved& s,
                         tensor_view<real> dq, tensor_view<real> dk, tensor_view<real> dv) {
      const arena_scope<Device> scope(c.scratch);
      const auto scratch = c.scratch.template vector<wide<real>>(q.rows * a.heads);
      flash_attention_backward(c.device, a,
                               {.q = q,
                                .k = k,
                                .v = v,
                                .starts = c.layout.starts,
                                .o = o,
                                .lse = s.lse,
                                .dout = dout,
                                .scratch = scratch,
                                .dq = dq,
                                .dk = dk,
                                .dv = dv});
    }
  };
};

template <class K, class D>
concept has_kernel_forward =
    requires(context<D>& c, const attention_sizes& a, const_view<D> x, view<D> y,
             typename K::saved& s) { K::forward(c, a, x, x, x, y, s); };
template <class K, class D>
concept has_kernel_backward =
    requires(context<D>& c, const attention_sizes& a, const_view<D> x, view<D> y,
             const typename K::saved& s) { K::backward(c, a, x, x, x, x, x, s, y, y, y); };

/// Is `Kernel` an attention kernel on `Device`? If not, the compiler's message says which member to
/// write.
template <policy_for<attention_kernel_role> Kernel, class Device>
consteval bool check_kernel() {
  using K = typename Kernel::template kernel<Device>;
  static_assert(has_kernel_forward<K, Device>,
                "zer0: an attention kernel needs  static void forward(context<Device>&, const "
                "attention_sizes&, q, k, v, o, saved&)");
  static_assert(has_kernel_backward<K, Device>,
                "zer0: an attention kernel needs  static void backward(context<Device>&, const "
                "attention_sizes&, q, k, v, o, dout, const saved&, dq, dk, dv)");
  return true;
}

namespace detail {
/// `a` for the running pass: dropout, with masks of `stream`, in training only.
template <device Device>
attention_sizes sizes_in_pass(const context<Device>& c, attention_sizes a, double dropout,
                              random_stream stream) {
  a.dropout = c.training ? dropout : 0;
  a.stream = stream;
  return a;
}
}  // namespace detail

}  // namespace zer0

// Cross-entropy, fused with the output head.
#pragma once

#include <zer0/layer/layer.hpp>
#include <zer0/layer/parameter.hpp>

#include <algorithm>

namespace zer0 {

/// sum_i weight_i * -log softmax(W h_i)[target_i]. It is the sum, not the mean; the caller divides
/// (loss/normalization.hpp). Shapes: h (N, D), W (V, D). Logits exist for one chunk of rows at a
/// time, at most `chunk_bytes` of them or one row. Memory: keeps nothing; the gradient of h is
/// computed along with the loss, as both need the same logits.
struct cross_entropy {
  index_t chunk_bytes = index_t{16} << 20;

  /// Adds the loss to totals[0] (memory of the device) and its gradient with respect to W to
  /// output.grad; writes the gradient with respect to h to dh.
  template <device Device>
  void operator()(context<Device>& c, parameter<typename Device::real>& output,
                  const_view<Device> h, const device_batch<Device>& in, double* totals,
                  view<Device> dh) const {
    const arena_scope<Device> scope(c.scratch);
    const wide_span<Device> losses = c.scratch.template vector<wide<typename Device::real>>(h.rows);
    gradients(c, output, h, in, losses, dh);
    add_sum(c.device, losses, totals);
  }

  /// Adds the loss to totals[0] and computes no gradients.
  template <device Device>
  void operator()(context<Device>& c, parameter<typename Device::real>& output,
                  const_view<Device> h, const device_batch<Device>& in, double* totals) const {
    const arena_scope<Device> scope(c.scratch);
    const wide_span<Device> losses = c.scratch.template vector<wide<typename Device::real>>(h.rows);
    token_losses(c, output, h, in, losses);
    add_sum(c.device, losses, totals);
  }

  /// Adds to output.grad, writes dh, and writes the terms of the sum to losses (N).
  template <device Device>
  void gradients(context<Device>& c, parameter<typename Device::real>& output, const_view<Device> h,
                 const device_batch<Device>& in, wide_span<Device> losses, view<Device> dh) const {
    chunks(c, output, h, in, losses,
           [&](auto logits, auto h_rows, index_t first, auto targets, auto w, auto l) {
             cross_entropy_gradient(
                 c.device, {.logits = logits, .targets = targets, .weights = w, .loss = l});
             matmul(c.device, logits, output.value, 0, dh.row_block(first, h_rows.rows));
             if (output.trained()) matmul(c.device, transposed(logits), h_rows, 1, output.grad);
           });
  }

  /// Writes the terms of the sum to losses (N).
  template <device Device>
  void token_losses(context<Device>& c, parameter<typename Device::real>& output,
                    const_view<Device> h, const device_batch<Device>& in,
                    wide_span<Device> losses) const {
    chunks(c, output, h, in, losses, [&](auto logits, auto, index_t, auto targets, auto w, auto l) {
      cross_entropy_loss(c.device, {.logits = logits, .targets = targets, .weights = w, .loss = l});
    });
  }

 private:
  template <device Device, class F>
  void chunks(context<Device>& c, parameter<typename Device::real>& output, const_view<Device> h,
              const device_batch<Device>& in, wide_span<Device> losses, F f) const {
    using real = typename Device::real;
    const arena_scope<Device> scope(c.scratch);
    const index_t vocab = output.rows();
    const index_t row_bytes = vocab * static_cast<index_t>(sizeof(real));
    const index_t rows = std::clamp<index_t>(chunk_bytes / row_bytes, 1, h.rows);
    const tensor_view<real> memory = c.scratch.matrix(rows, vocab);
    for (index_t first = 0; first < h.rows; first += rows) {
      const index_t count = std::min(rows, h.rows - first);
      const tensor_view<real> logits = memory.row_block(0, count);
      const const_view<Device> h_rows = h.row_block(first, count);
      const auto from = static_cast<std::size_t>(first);
      const auto n = static_cast<std::size_t>(count);
      matmul(c.device, h_rows, transposed(output.value), 0, logits);
      f(logits, h_rows, first, in.targets.subspan(from, n), in.weights.subspan(from, n),
        losses.subspan(from, n));
    }
  }
};

}  // namespace zer0

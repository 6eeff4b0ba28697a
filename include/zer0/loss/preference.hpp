// A loss of pairs of answers, fused with the output head: DPO and its kin.
#pragma once

#include <zer0/device/preference.hpp>
#include <zer0/loss/cross_entropy.hpp>

namespace zer0 {

/// sum over pairs of Policy(log-probabilities of the two answers), and `preference_metrics`. The batch's sequences 2i
/// and 2i+1 are pair i, the chosen answer first; the weights say which targets are the answer's.
///
/// The slope of a pair's loss is known when all of its tokens have been seen, so the logits are computed twice: chunk
/// by chunk for the log-probabilities, then for cross-entropy's gradient with the slopes as weights. Memory: besides
/// the chunk of logits three numbers a token and four a sequence. Throws zer0::error if the number of sequences is odd,
/// or the policy needs references and the batch has none.
template <preference_policy Policy>
struct preference {
  static constexpr auto metrics = preference_metrics;

  Policy policy = {};
  cross_entropy head = {};

  /// Adds loss and metrics to totals, the gradient of W to W.grad, and writes that of h to dh.
  template <device Device>
  void operator()(context<Device>& c, parameter<typename Device::real>& output, const_view<Device> h,
                  const device_batch<Device>& in, double* totals, view<Device> dh) const {
    const arena_scope<Device> scope(c.scratch);
    const std::span<double> slopes = judge(c, output, h, in, totals);
    device_batch<Device> weighted = in;
    const auto weights = c.scratch.template vector<wide<typename Device::real>>(h.rows);
    const auto losses = c.scratch.template vector<wide<typename Device::real>>(h.rows);
    scale_sequences(c.device, c.layout.starts, std::span<const double>(slopes), in.weights, weights);
    weighted.weights = weights;
    head.gradients(c, output, h, weighted, losses, dh);
  }

  /// Loss and metrics alone.
  template <device Device>
  void operator()(context<Device>& c, parameter<typename Device::real>& output, const_view<Device> h,
                  const device_batch<Device>& in, double* totals) const {
    const arena_scope<Device> scope(c.scratch);
    (void)judge(c, output, h, in, totals);
  }

 private:
  /// Per sequence: the derivative of the loss with respect to the sum of -log p over its targets.
  template <device Device>
  std::span<double> judge(context<Device>& c, parameter<typename Device::real>& output, const_view<Device> h,
                          const device_batch<Device>& in, double* totals) const {
    const index_t sequences = c.layout.sequences();
    require(sequences % 2 == 0, "preference: the batch has ", sequences, " sequences; each pair of answers is two");
    require(!policy.needs_reference() || static_cast<index_t>(in.references.size()) == sequences,
            "preference: this loss compares with a reference model, and the batch holds no log-probabilities of one");
    const std::span<double> slopes = c.scratch.template vector<double>(sequences);
    const arena_scope<Device> scope(c.scratch);
    const auto losses = c.scratch.template vector<wide<typename Device::real>>(h.rows);
    const std::span<double> sums = c.scratch.template vector<double>(sequences);
    const std::span<double> targets = c.scratch.template vector<double>(sequences);
    head.token_losses(c, output, h, in, losses);
    sum_sequences(c.device, c.layout.starts, const_wide_span<Device>(losses), sums);
    sum_sequences(c.device, c.layout.starts, in.weights, targets);
    const pair_sums of{.starts = c.layout.starts,
                       .losses = sums,
                       .weights = targets,
                       .references = policy.needs_reference() ? in.references : std::span<const double>(),
                       .factor = in.factor};
    judge_pairs(c.device, policy, of, totals, slopes);
    return slopes;
  }
};

}  // namespace zer0

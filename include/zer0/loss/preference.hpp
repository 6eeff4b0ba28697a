// Losses of pairs of answers, fused with the output head: DPO and its variants.
//
// First come the losses of a single pair, then `preference`, the loss of a batch by one of them. In
// the formulas, L is the log-probability of an answer (a sum over its target tokens) and R the same
// under the reference model; c is the chosen answer, r the rejected one; h = (L_c - L_r) - (R_c -
// R_r).
#pragma once

#include <zer0/device/ops/preferences.hpp>
#include <zer0/loss/cross_entropy.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

namespace zer0 {
namespace detail {

ZER0_HOST_DEVICE inline double sigmoid(double x) {
  return x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x));
}
ZER0_HOST_DEVICE inline double log_sigmoid(double x) {
  return x < 0 ? x - std::log1p(std::exp(x)) : -std::log1p(std::exp(-x));
}

/// L - R of each answer, divided by `chosen_by` or `rejected_by`.
struct log_ratios {
  double chosen, rejected;
  double per_chosen, per_rejected;  ///< derivatives of these two with respect to L

  [[nodiscard]] ZER0_HOST_DEVICE double difference() const { return chosen - rejected; }
};
ZER0_HOST_DEVICE inline log_ratios ratios(const answer_pair& p, double chosen_by = 1,
                                          double rejected_by = 1) {
  return {(p.chosen.log_probability - p.chosen.reference) / chosen_by,
          (p.rejected.log_probability - p.rejected.reference) / rejected_by, 1 / chosen_by,
          1 / rejected_by};
}
ZER0_HOST_DEVICE inline double at_least_one(double x) { return x < 1 ? 1 : x; }
ZER0_HOST_DEVICE inline log_ratios ratios_per_target(const answer_pair& p) {
  return ratios(p, at_least_one(p.chosen.targets), at_least_one(p.rejected.targets));
}
/// A pair's loss that depends on difference() alone; `slope` is its derivative.
ZER0_HOST_DEVICE inline pair_loss loss_of(const log_ratios& r, double beta, double loss,
                                          double slope) {
  return {loss, slope * r.per_chosen, -slope * r.per_rejected, beta * r.chosen, beta * r.rejected};
}

}  // namespace detail

/// -(1-s) log sigmoid(beta h) - s log sigmoid(-beta h): DPO, Rafailov et al. 2023,
/// arXiv:2305.18290, equation 7. With label smoothing s, the assumed fraction of pairs in the wrong
/// order, it is conservative DPO, Mitchell 2023 (ericmitchell.ai/cdpo.pdf).
struct dpo_sigmoid {
  double beta = 0.1;
  double label_smoothing = 0;

  static constexpr bool needs_reference() { return true; }
  ZER0_HOST_DEVICE pair_loss operator()(const answer_pair& p) const {
    const detail::log_ratios r = detail::ratios(p);
    const double x = beta * r.difference();
    const double loss =
        -(1 - label_smoothing) * detail::log_sigmoid(x) - label_smoothing * detail::log_sigmoid(-x);
    const double slope =
        -(1 - label_smoothing) * detail::sigmoid(-x) + label_smoothing * detail::sigmoid(x);
    return detail::loss_of(r, beta, loss, beta * slope);
  }
};

/// -log sigmoid(beta h), with L and R divided by the length of the row, question and padding
/// included, as in the reference implementation. The effect of beta then depends on the padding; it
/// exists for comparisons.
struct dpo_reference_mean {
  double beta = 0.1;

  static constexpr bool needs_reference() { return true; }
  ZER0_HOST_DEVICE pair_loss operator()(const answer_pair& p) const {
    const detail::log_ratios r = detail::ratios(p, p.chosen.length, p.rejected.length);
    const double x = beta * r.difference();
    return detail::loss_of(r, beta, -detail::log_sigmoid(x), -beta * detail::sigmoid(-x));
  }
};

/// (h - 1/(2 beta))^2, with L and R divided by the number of target tokens: IPO, Azar et al. 2023,
/// arXiv:2310.12036, equation 17; the division is as in TRL.
struct ipo {
  double beta = 0.1;

  static constexpr bool needs_reference() { return true; }
  ZER0_HOST_DEVICE pair_loss operator()(const answer_pair& p) const {
    const detail::log_ratios r = detail::ratios_per_target(p);
    const double off = r.difference() - 1 / (2 * beta);
    return detail::loss_of(r, beta, off * off, 2 * off);
  }
};

/// max(0, 1 - beta h): Zhao et al. 2023 (SLiC), arXiv:2305.10425, with DPO's rewards as in Liu et
/// al. 2023, arXiv:2309.06657.
struct dpo_hinge {
  double beta = 0.1;

  static constexpr bool needs_reference() { return true; }
  ZER0_HOST_DEVICE pair_loss operator()(const answer_pair& p) const {
    const detail::log_ratios r = detail::ratios(p);
    const double short_of = 1 - beta * r.difference();
    return detail::loss_of(r, beta, short_of > 0 ? short_of : 0, short_of > 0 ? -beta : 0);
  }
};

/// -log sigmoid(beta (L_c/n_c - L_r/n_r) - gamma), n the number of target tokens; needs no
/// reference model. Meng et al. 2024, arXiv:2405.14734, equation 6, which suggests beta from 2 to
/// 2.5 and gamma from 0.5 to 1.6.
struct simpo {
  double beta = 2;
  double gamma = 0.5;

  static constexpr bool needs_reference() { return false; }
  ZER0_HOST_DEVICE pair_loss operator()(answer_pair p) const {
    p.chosen.reference = p.rejected.reference = 0;
    const detail::log_ratios r = detail::ratios_per_target(p);
    const double x = beta * r.difference() - gamma;
    return detail::loss_of(r, beta, -detail::log_sigmoid(x), -beta * detail::sigmoid(-x));
  }
};

/// -l_c - beta log sigmoid(odds(l_c) - odds(l_r)), with l = L / target tokens and odds(l) = l -
/// log(1 - exp(l)): also learns the chosen answer itself; needs no reference model. Hong et al.
/// 2024, arXiv:2403.07691, equations 6 and 7, where beta is called lambda.
struct orpo {
  double beta = 0.1;

  static constexpr bool needs_reference() { return false; }
  ZER0_HOST_DEVICE pair_loss operator()(answer_pair p) const {
    p.chosen.reference = p.rejected.reference = 0;
    const detail::log_ratios r = detail::ratios_per_target(p);
    const double x = odds(r.chosen) - odds(r.rejected);
    const double slope = -beta * detail::sigmoid(-x);
    return {-r.chosen - beta * detail::log_sigmoid(x),
            (slope * odds_slope(r.chosen) - 1) * r.per_chosen,
            -slope * odds_slope(r.rejected) * r.per_rejected, beta * r.chosen, beta * r.rejected};
  }

 private:
  /// 1 - exp(l), but at least 1e-9, as it is 0 for an answer of probability 1.
  ZER0_HOST_DEVICE static double complement(double l) {
    const double c = -std::expm1(l);
    return c > 1e-9 ? c : 1e-9;
  }
  ZER0_HOST_DEVICE static double odds(double l) { return l - std::log(complement(l)); }
  ZER0_HOST_DEVICE static double odds_slope(double l) { return 1 / complement(l); }
};

/// One of the losses above, chosen at run time.
struct any_preference {
  enum class kind { sigmoid, reference_mean, ipo, hinge, simpo, orpo };
  /// In the order of `kind`.
  static constexpr std::array<std::string_view, 6> names{"sigmoid", "reference_mean", "ipo",
                                                         "hinge",   "simpo",          "orpo"};

  kind which = kind::sigmoid;
  double beta = 0.1;
  double label_smoothing = 0;  ///< for kind::sigmoid
  double gamma = 0.5;          ///< for kind::simpo

  /// Throws zer0::error for a name that is none of `names`.
  [[nodiscard]] static kind named(std::string_view name) {
    const auto found = std::find(names.begin(), names.end(), name);
    require(found != names.end(), "preference: there is no loss named ", name,
            "; use sigmoid, reference_mean, ipo, hinge, simpo or orpo");
    return static_cast<kind>(found - names.begin());
  }

  [[nodiscard]] bool needs_reference() const { return which != kind::simpo && which != kind::orpo; }
  ZER0_HOST_DEVICE pair_loss operator()(const answer_pair& p) const {
    switch (which) {
      case kind::reference_mean:
        return dpo_reference_mean{beta}(p);
      case kind::ipo:
        return zer0::ipo{beta}(p);
      case kind::hinge:
        return dpo_hinge{beta}(p);
      case kind::simpo:
        return zer0::simpo{beta, gamma}(p);
      case kind::orpo:
        return zer0::orpo{beta}(p);
      case kind::sigmoid:
        break;
    }
    return dpo_sigmoid{beta, label_smoothing}(p);
  }
};

/// The sum over pairs of Policy(pair), and `preference_metrics`. The batch's sequences 2i and 2i+1
/// are pair i, the chosen answer first; its weights mark the target tokens, those of the answer.
///
/// The derivative of a pair's loss is known only after all of its tokens, so the logits are
/// computed twice: chunk by chunk for the log-probabilities, then for cross-entropy's gradient,
/// with these derivatives as weights. Scratch memory: besides the chunk of logits, at most two
/// numbers per token and three per sequence. Throws zer0::error if the number of sequences is odd,
/// or if the policy needs references and the batch has none.
template <preference_policy Policy>
struct preference {
  static constexpr auto metrics = preference_metrics;

  Policy policy = {};
  cross_entropy head = {};

  /// Adds loss and metrics to totals (preference_totals numbers, memory of the device) and the
  /// gradient of W to output.grad; writes that of h to dh.
  template <device Device>
  void operator()(context<Device>& c, parameter<typename Device::real>& output,
                  const_view<Device> h, const device_batch<Device>& in, double* totals,
                  view<Device> dh) const {
    const arena_scope<Device> scope(c.scratch);
    const std::span<double> slopes = judge(c, output, h, in, totals);
    device_batch<Device> weighted = in;
    const auto weights = c.scratch.template vector<wide<typename Device::real>>(h.rows);
    const auto losses = c.scratch.template vector<wide<typename Device::real>>(h.rows);
    scale_sequences(c.device,
                    {.starts = c.layout.starts, .factors = slopes, .x = in.weights, .y = weights});
    weighted.weights = weights;
    head.gradients(c, output, h, weighted, losses, dh);
  }

  /// Adds loss and metrics to totals and computes no gradients.
  template <device Device>
  void operator()(context<Device>& c, parameter<typename Device::real>& output,
                  const_view<Device> h, const device_batch<Device>& in, double* totals) const {
    const arena_scope<Device> scope(c.scratch);
    (void)judge(c, output, h, in, totals);
  }

 private:
  /// Adds loss and metrics to totals. Returns, per sequence, the derivative of the loss with
  /// respect to the sum of -log p over its targets.
  template <device Device>
  std::span<double> judge(context<Device>& c, parameter<typename Device::real>& output,
                          const_view<Device> h, const device_batch<Device>& in,
                          double* totals) const {
    const index_t sequences = c.layout.sequences();
    require(sequences % 2 == 0, "preference: the batch has ", sequences,
            " sequences; each pair of answers is two");
    require(!policy.needs_reference() || static_cast<index_t>(in.references.size()) == sequences,
            "preference: this loss compares with a reference model, and the batch holds no "
            "log-probabilities of one");
    const std::span<double> slopes = c.scratch.template vector<double>(sequences);
    const arena_scope<Device> scope(c.scratch);
    const auto losses = c.scratch.template vector<wide<typename Device::real>>(h.rows);
    const std::span<double> sums = c.scratch.template vector<double>(sequences);
    const std::span<double> targets = c.scratch.template vector<double>(sequences);
    head.token_losses(c, output, h, in, losses);
    sum_sequences(c.device, c.layout.starts, const_wide_span<Device>(losses), sums);
    sum_sequences(c.device, c.layout.starts, in.weights, targets);
    const pair_sums of{
        .starts = c.layout.starts,
        .losses = sums,
        .weights = targets,
        .references = policy.needs_reference() ? in.references : std::span<const double>(),
        .factor = in.factor};
    judge_pairs(c.device, policy, of, totals, slopes);
    return slopes;
  }
};

}  // namespace zer0

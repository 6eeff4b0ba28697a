// The losses of preference learning: formulas over the log-probabilities of a pair of answers.
//
// L is an answer's log-probability (a sum over its target tokens) and R the same under the reference model; c is the
// chosen answer, r the rejected one; h = (L_c - L_r) - (R_c - R_r).
#pragma once

#include <zer0/device/preference.hpp>

#include <cmath>

namespace zer0 {
namespace detail {

ZER0_HOST_DEVICE inline double sigmoid(double x) {
  return x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x));
}
ZER0_HOST_DEVICE inline double log_sigmoid(double x) {
  return x < 0 ? x - std::log1p(std::exp(x)) : -std::log1p(std::exp(-x));
}

/// L - R of each answer, divided by a number of its own.
struct log_ratios {
  double chosen, rejected;
  double per_chosen, per_rejected;  ///< derivatives with respect to L

  [[nodiscard]] ZER0_HOST_DEVICE double difference() const { return chosen - rejected; }
};
ZER0_HOST_DEVICE inline log_ratios ratios(const answer_pair& p, double chosen_by = 1, double rejected_by = 1) {
  return {(p.chosen.log_probability - p.chosen.reference) / chosen_by,
          (p.rejected.log_probability - p.rejected.reference) / rejected_by, 1 / chosen_by, 1 / rejected_by};
}
ZER0_HOST_DEVICE inline double at_least_one(double x) { return x < 1 ? 1 : x; }
ZER0_HOST_DEVICE inline log_ratios ratios_per_target(const answer_pair& p) {
  return ratios(p, at_least_one(p.chosen.targets), at_least_one(p.rejected.targets));
}
/// A loss of the difference alone, whose derivative is `slope`.
ZER0_HOST_DEVICE inline pair_loss loss_of(const log_ratios& r, double beta, double loss, double slope) {
  return {loss, slope * r.per_chosen, -slope * r.per_rejected, beta * r.chosen, beta * r.rejected};
}

}  // namespace detail

/// -(1-s) log sigmoid(beta h) - s log sigmoid(-beta h): DPO, Rafailov et al. 2023, arXiv:2305.18290, equation 7. With
/// label smoothing s, the share of pairs that are the wrong way round: conservative DPO, Mitchell 2023
/// (ericmitchell.ai/cdpo.pdf).
struct dpo_sigmoid {
  double beta = 0.1;
  double label_smoothing = 0;

  static constexpr bool needs_reference() { return true; }
  ZER0_HOST_DEVICE pair_loss operator()(const answer_pair& p) const {
    const detail::log_ratios r = detail::ratios(p);
    const double x = beta * r.difference();
    const double loss = -(1 - label_smoothing) * detail::log_sigmoid(x) - label_smoothing * detail::log_sigmoid(-x);
    const double slope = -(1 - label_smoothing) * detail::sigmoid(-x) + label_smoothing * detail::sigmoid(x);
    return detail::loss_of(r, beta, loss, beta * slope);
  }
};

/// -log sigmoid(beta h) with L and R divided by the length of the row, question and padding included: as the reference
/// implementation has it. Beta then depends on the padding; kept by name, to compare.
struct dpo_reference_mean {
  double beta = 0.1;

  static constexpr bool needs_reference() { return true; }
  ZER0_HOST_DEVICE pair_loss operator()(const answer_pair& p) const {
    const detail::log_ratios r = detail::ratios(p, p.chosen.length, p.rejected.length);
    const double x = beta * r.difference();
    return detail::loss_of(r, beta, -detail::log_sigmoid(x), -beta * detail::sigmoid(-x));
  }
};

/// (h - 1/(2 beta))^2 with L and R divided by the number of target tokens: IPO, Azar et al. 2023, arXiv:2310.12036,
/// equation 17; the mean as TRL has it.
struct ipo {
  double beta = 0.1;

  static constexpr bool needs_reference() { return true; }
  ZER0_HOST_DEVICE pair_loss operator()(const answer_pair& p) const {
    const detail::log_ratios r = detail::ratios_per_target(p);
    const double off = r.difference() - 1 / (2 * beta);
    return detail::loss_of(r, beta, off * off, 2 * off);
  }
};

/// max(0, 1 - beta h): Zhao et al. 2023 (SLiC), arXiv:2305.10425, with DPO's rewards as in Liu et al. 2023,
/// arXiv:2309.06657.
struct dpo_hinge {
  double beta = 0.1;

  static constexpr bool needs_reference() { return true; }
  ZER0_HOST_DEVICE pair_loss operator()(const answer_pair& p) const {
    const detail::log_ratios r = detail::ratios(p);
    const double short_of = 1 - beta * r.difference();
    return detail::loss_of(r, beta, short_of > 0 ? short_of : 0, short_of > 0 ? -beta : 0);
  }
};

/// -log sigmoid(beta (L_c/n_c - L_r/n_r) - gamma), n the target tokens; no reference model. Meng et al. 2024,
/// arXiv:2405.14734, equation 6, which suggests beta from 2 to 2.5 and gamma from 0.5 to 1.6.
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

/// -l_c - beta log sigmoid(odds(l_c) - odds(l_r)), l = L / target tokens, odds(l) = l - log(1 - exp(l)): the chosen
/// answer is learned too; no reference model. Hong et al. 2024, arXiv:2403.07691, equations 6 and 7, beta being lambda.
struct orpo {
  double beta = 0.1;

  static constexpr bool needs_reference() { return false; }
  ZER0_HOST_DEVICE pair_loss operator()(answer_pair p) const {
    p.chosen.reference = p.rejected.reference = 0;
    const detail::log_ratios r = detail::ratios_per_target(p);
    const double x = odds(r.chosen) - odds(r.rejected);
    const double slope = -beta * detail::sigmoid(-x);
    return {-r.chosen - beta * detail::log_sigmoid(x), (slope * odds_slope(r.chosen) - 1) * r.per_chosen,
            -slope * odds_slope(r.rejected) * r.per_rejected, beta * r.chosen, beta * r.rejected};
  }

 private:
  /// 1 - exp(l), for an answer that is certain not quite 0.
  ZER0_HOST_DEVICE static double complement(double l) {
    const double c = -std::expm1(l);
    return c > 1e-9 ? c : 1e-9;
  }
  ZER0_HOST_DEVICE static double odds(double l) { return l - std::log(complement(l)); }
  ZER0_HOST_DEVICE static double odds_slope(double l) { return 1 / complement(l); }
};

/// One of them, chosen when the program runs.
struct any_preference {
  enum class kind { sigmoid, reference_mean, ipo, hinge, simpo, orpo };
  kind which = kind::sigmoid;
  double beta = 0.1;
  double label_smoothing = 0;  ///< of sigmoid
  double gamma = 0.5;          ///< of simpo

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

}  // namespace zer0

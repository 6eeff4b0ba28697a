// Loss scaling: keeps gradients of a narrow number type, float16, above its smallest numbers and below its largest.
#pragma once

#include <zer0/core/error.hpp>
#include <zer0/core/types.hpp>

#include <cmath>
#include <type_traits>

namespace zer0 {

/// How the scale moves. Scales are powers of two, by which multiplication is exact. They are of sums of losses: 2^10 is
/// as large as 2^22 would be of the mean over 4,096 tokens.
struct loss_scale_rule {
  double initial = 0x1p10;
  double smallest = 0x1p-16;
  double largest = 0x1p24;
  index_t growth_interval = 2000;  ///< good steps in a row before the scale doubles
  index_t patience = 20;           ///< skipped steps in a row at the smallest scale before the run ends
};

/// Multiplies the loss, and with it every gradient of a step; the optimizer divides by it. A step whose gradients are
/// not finite is skipped and the scale halved; after `growth_interval` good steps in a row it doubles. A loss that is
/// not finite is no matter of scale, which enters behind it: that is divergence, as in any type. Source: Micikevicius
/// et al. 2018, arXiv:1710.03740, section 3.2; the defaults for growth and backoff are PyTorch's.
class dynamic_loss_scale {
 public:
  static constexpr bool active = true;
  /// What a checkpoint must hold.
  struct state {
    double factor = 1;
    index_t good_steps = 0;           ///< in a row
    index_t skipped_steps = 0;        ///< since the start
    index_t skipped_at_smallest = 0;  ///< in a row
  };

  /// Throws zer0::error for a rule whose numbers do not fit together.
  explicit dynamic_loss_scale(const loss_scale_rule& rule = {}) : rule_(rule), state_{.factor = rule.initial} {
    require(is_power_of_two(rule.smallest) && is_power_of_two(rule.initial) && is_power_of_two(rule.largest),
            "loss_scale: scales of ", rule.smallest, ", ", rule.initial, " and ", rule.largest,
            " are given; each must be a power of two");
    require(rule.smallest <= rule.initial && rule.initial <= rule.largest, "loss_scale: initial is ", rule.initial,
            "; it must lie between smallest (", rule.smallest, ") and largest (", rule.largest, ")");
    require(rule.growth_interval >= 1 && rule.patience >= 1, "loss_scale: growth_interval is ", rule.growth_interval,
            " and patience ", rule.patience, "; both must be at least 1");
  }

  [[nodiscard]] double factor() const { return state_.factor; }
  [[nodiscard]] index_t skipped_steps() const { return state_.skipped_steps; }
  [[nodiscard]] const state& now() const { return state_; }
  /// Throws zer0::error for a factor that is no power of two.
  void restore(const state& s) {
    require(is_power_of_two(s.factor), "loss_scale: the saved factor is ", s.factor, ", not a power of two");
    state_ = s;
  }

  /// The step's gradients were finite.
  void accept() {
    state_.skipped_at_smallest = 0;
    if (++state_.good_steps < rule_.growth_interval) return;
    state_.good_steps = 0;
    state_.factor = std::fmin(2 * state_.factor, rule_.largest);
  }
  /// They were not. Throws zer0::error, itself unchanged, if `patience` steps in a row were skipped at the smallest
  /// scale.
  void skip(index_t step) {
    const bool smallest = state_.factor <= rule_.smallest;
    require(!smallest || state_.skipped_at_smallest < rule_.patience,
            "training diverged: gradients overflow float16 at step ", step, ", as in the ", rule_.patience,
            " steps before it, at the smallest loss scale (", rule_.smallest,
            "); lower the learning rate, warm up, or train in bfloat16");
    state_.good_steps = 0;
    ++state_.skipped_steps;
    if (smallest) ++state_.skipped_at_smallest;
    state_.factor = std::fmax(state_.factor / 2, rule_.smallest);
  }

 private:
  static bool is_power_of_two(double x) {
    int exponent = 0;
    return std::isfinite(x) && std::frexp(x, &exponent) == 0.5;
  }

  loss_scale_rule rule_;
  state state_;
};

/// For types as wide as float: multiplies by one and skips nothing.
struct no_loss_scale {
  static constexpr bool active = false;
  explicit no_loss_scale(const loss_scale_rule& = {}) {}
  [[nodiscard]] static constexpr double factor() { return 1; }
  [[nodiscard]] static constexpr index_t skipped_steps() { return 0; }
  void accept() {}
};

template <class Real>
using loss_scale_for = std::conditional_t<narrow_range<Real>, dynamic_loss_scale, no_loss_scale>;

}  // namespace zer0

// Loss scaling: keeps the gradients of a narrow number type (float16) from underflow and overflow.
#pragma once

#include <zer0/core/detail/compiled.hpp>
#include <zer0/core/types.hpp>

#include <type_traits>

namespace zer0 {

/// How the scale changes. Scales are powers of two, so multiplication by them is exact. They apply
/// to sums of losses: 2^10 has the effect of 2^22 on the mean over 4,096 tokens.
struct loss_scale_rule {
  double initial = 0x1p10;
  double smallest = 0x1p-16;
  double largest = 0x1p24;
  index_t growth_interval = 2000;  ///< good steps in a row before the scale doubles
  index_t patience = 20;  ///< skipped steps in a row at the smallest scale before `skip` throws
};

/// Multiplies the loss, and with it every gradient of a step, by a factor; the optimizer divides by
/// it. A step whose gradients are not finite is skipped and the factor halved; after
/// `growth_interval` good steps in a row it doubles. A loss that is itself not finite has nothing
/// to do with the factor, which is applied after it: training diverged, as with any type. Source:
/// Micikevicius et al. 2018, arXiv:1710.03740, section 3.2; the defaults for growth and backoff are
/// PyTorch's.
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
  explicit dynamic_loss_scale(const loss_scale_rule& rule = {});

  [[nodiscard]] double factor() const { return state_.factor; }
  [[nodiscard]] index_t skipped_steps() const { return state_.skipped_steps; }
  [[nodiscard]] const state& now() const { return state_; }
  /// Goes on from a saved state. Throws zer0::error if its factor is not a power of two.
  void restore(const state& s);

  /// To be called after a step whose gradients were finite.
  void accept();
  /// To be called after a step whose gradients were not finite. Throws zer0::error, without a
  /// change to the state, if `patience` steps in a row were skipped at the smallest scale.
  void skip(index_t step);

 private:
  static bool is_power_of_two(double x);

  loss_scale_rule rule_;
  state state_;
};

/// For types with float's range of exponents: the factor is 1 and no step is skipped.
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

#ifndef ZER0_COMPILED
#include <zer0/optim/detail/loss_scale.ipp>
#endif

// expect: slope
#include <zer0/device/device.hpp>
#include <zer0/layer/feed_forward.hpp>

/// An activation has a value and a slope.
struct cube {
  template <class Z>
  static Z value(const Z& z) {
    return z * z * z;
  }
#ifndef ZER0_WRONG
  template <class Z>
  static Z slope(const Z& z) {
    return z * z * 3;
  }
#endif
};

static_assert(zer0::check_layer<zer0::gated<cube>, zer0::archetype>());

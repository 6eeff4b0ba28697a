// Activations: a function of one number and its derivative, written once for all devices.
#pragma once

#include <zer0/device/detail/host_device.hpp>

#include <cmath>
#include <concepts>
#include <type_traits>

namespace zer0 {
namespace detail {

template <class Z>
struct find_scalar {
  using type = Z;
};
template <class Z>
requires requires { typename Z::Scalar; }
struct find_scalar<Z> {
  using type = typename Z::Scalar;
};

}  // namespace detail

/// The type of constants in a formula of Z: Z itself, or the element type if Z is an array.
template <class Z>
using scalar_of = typename detail::find_scalar<Z>::type;

namespace detail {

template <class Z>
ZER0_HOST_DEVICE Z error_function(const Z& z) {
  if constexpr (std::is_arithmetic_v<Z>)
    return std::erf(z);
  else
    return z.unaryExpr([](scalar_of<Z> e) { return std::erf(e); });
}

template <class Z>
ZER0_HOST_DEVICE Z logistic(const Z& z) {
  using std::exp;
  return 1 / (1 + exp(-z));
}

}  // namespace detail

/// An activation: `value(z)` and its derivative `slope(z)`, for a float, a double, or an array of
/// them that computes element by element (the cpu device passes 64 at once). For arrays, call exp
/// and abs without a namespace and write constants as scalar_of<Z>. If both are cheaper together,
/// also define `value_and_slope(z, value, slope)`, which writes both.
template <class A>
concept activation = std::is_empty_v<A> && requires(float f, double g) {
  { A::value(f) } -> std::same_as<float>;
  { A::slope(f) } -> std::same_as<float>;
  { A::value(g) } -> std::same_as<double>;
  { A::slope(g) } -> std::same_as<double>;
};

namespace detail {

template <activation A, class Z>
ZER0_HOST_DEVICE void value_and_slope(const Z& z, Z& value, Z& slope) {
  if constexpr (requires { A::value_and_slope(z, value, slope); }) {
    A::value_and_slope(z, value, slope);
  } else {
    value = A::value(z);
    slope = A::slope(z);
  }
}

}  // namespace detail

/// 1 / (1 + exp(-z))
struct sigmoid {
  template <class Z>
  ZER0_HOST_DEVICE static Z value(const Z& z) {
    return detail::logistic(z);
  }
  template <class Z>
  ZER0_HOST_DEVICE static Z slope(const Z& z) {
    const Z s = detail::logistic(z);
    return s * (1 - s);
  }
};

/// z / (1 + exp(-z)), also called Swish. Hendrycks & Gimpel 2016, arXiv:1606.08415; Elfwing et al.
/// 2017, arXiv:1702.03118
struct silu {
  template <class Z>
  ZER0_HOST_DEVICE static Z value(const Z& z) {
    using std::exp;
    return z / (1 + exp(-z));
  }
  template <class Z>
  ZER0_HOST_DEVICE static Z slope(const Z& z) {
    const Z s = detail::logistic(z);
    return s * (1 + z * (1 - s));
  }
  template <class Z>
  ZER0_HOST_DEVICE static void value_and_slope(const Z& z, Z& value, Z& slope) {
    const Z s = detail::logistic(z);
    value = z * s;
    slope = s * (1 + z * (1 - s));
  }
};

/// z Phi(z), Phi the standard normal distribution function: z/2 (1 + erf(z / sqrt 2)). Hendrycks &
/// Gimpel 2016, arXiv:1606.08415
struct gelu {
  template <class Z>
  ZER0_HOST_DEVICE static Z value(const Z& z) {
    return z * distribution(z);
  }
  template <class Z>
  ZER0_HOST_DEVICE static Z slope(const Z& z) {
    return distribution(z) + z * density(z);
  }
  template <class Z>
  ZER0_HOST_DEVICE static void value_and_slope(const Z& z, Z& value, Z& slope) {
    const Z below = distribution(z);
    value = z * below;
    slope = below + z * density(z);
  }

 private:
  template <class Z>
  ZER0_HOST_DEVICE static Z distribution(const Z& z) {
    using c = scalar_of<Z>;
    const Z scaled = z * c(0.7071067811865476);
    return (1 + detail::error_function(scaled)) * c(0.5);
  }
  template <class Z>
  ZER0_HOST_DEVICE static Z density(const Z& z) {
    using std::exp;
    using c = scalar_of<Z>;
    return exp(z * z * c(-0.5)) * c(0.3989422804014327);  // 1 / sqrt(2 pi)
  }
};

/// z/2 (1 + tanh(u)), u = sqrt(2/pi) (z + 0.044715 z^3): gelu as GPT-2 computes it ("gelu_new").
/// Hendrycks & Gimpel 2016, arXiv:1606.08415, section 2. Computed as z / (1 + exp(-2u)), which is
/// equal and loses no digits where tanh is nearly -1.
struct gelu_tanh {
  template <class Z>
  ZER0_HOST_DEVICE static Z value(const Z& z) {
    const Z u = twice(z);
    return z * detail::logistic(u);
  }
  template <class Z>
  ZER0_HOST_DEVICE static Z slope(const Z& z) {
    Z value, slope;
    value_and_slope(z, value, slope);
    return slope;
  }
  template <class Z>
  ZER0_HOST_DEVICE static void value_and_slope(const Z& z, Z& value, Z& slope) {
    using c = scalar_of<Z>;
    const Z u = twice(z), opposite = -u;
    const Z share = detail::logistic(u),
            rest = detail::logistic(opposite);  // 1 - share, without cancellation
    value = z * share;
    slope = share + z * share * rest * (1 + z * z * c(3 * cubic)) * c(twice_root);
  }

 private:
  static constexpr double twice_root = 1.5957691216057308;  // 2 sqrt(2 / pi)
  static constexpr double cubic = 0.044715;
  template <class Z>
  ZER0_HOST_DEVICE static Z twice(const Z& z) {  // 2u
    using c = scalar_of<Z>;
    return z * (1 + z * z * c(cubic)) * c(twice_root);
  }
};

/// max(z, 0)^2. So et al. 2021, arXiv:2109.08668
struct relu_squared {
  template <class Z>
  ZER0_HOST_DEVICE static Z value(const Z& z) {
    const Z twice = slope(z);
    return twice * twice * scalar_of<Z>(0.25);
  }
  template <class Z>
  ZER0_HOST_DEVICE static Z slope(const Z& z) {
    using std::abs;
    return z + abs(z);
  }
};

static_assert(activation<sigmoid> && activation<silu> && activation<gelu> &&
              activation<gelu_tanh> && activation<relu_squared>);

}  // namespace zer0

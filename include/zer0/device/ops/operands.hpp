// What the groups of operations share: views of a device's memory, named operands, and the base of
// devices that compute nothing.
#pragma once

#include <zer0/core/tensor.hpp>

#include <concepts>
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>

namespace zer0 {

/// `real` is the element type of activations and weights; `wide<real>` is that of statistics,
/// losses and gradients of weights. All views and spans refer to memory of the device.
template <class D>
using view = tensor_view<typename D::real>;
template <class D>
using const_view = tensor_view<const typename D::real>;
template <class D>
using wide_view = tensor_view<wide<typename D::real>>;
template <class D>
using const_wide_view = tensor_view<const wide<typename D::real>>;
template <class D>
using real_span = std::span<typename D::real>;
template <class D>
using const_real_span = std::span<const typename D::real>;
template <class D>
using wide_span = std::span<wide<typename D::real>>;
template <class D>
using const_wide_span = std::span<const wide<typename D::real>>;
using id_span = std::span<const std::int32_t>;

/// A member of an operand struct that a call must name: a call that leaves it out does not compile.
/// It is used like the view, the span or the number that it holds.
template <class T>
struct required : T {
  template <class U>
  requires(std::convertible_to<U, T> && !std::same_as<std::remove_cvref_t<U>, required>)
  // NOLINTNEXTLINE(google-explicit-constructor): `.x = x`
  constexpr required(U&& value) : T(std::forward<U>(value)) {}
  /// `.x = {data, rows, cols}`
  template <class First, class Second, class... More>
  requires std::constructible_from<T, First, Second, More...>
  constexpr required(First first, Second second, More... more) : T(first, second, more...) {}
};
template <class T>
requires std::is_scalar_v<T>
struct required<T> {
  T value;

  // NOLINTNEXTLINE(google-explicit-constructor): `.beta = 1`
  constexpr required(T number) : value(number) {}
  // NOLINTNEXTLINE(google-explicit-constructor)
  constexpr operator T() const { return value; }
};

/// Base of devices that compute nothing. Each group defines its operations, with empty bodies, for
/// every type derived from it. Such a device needs only memory operations and a `real` for which
/// wide<real> is real (float, double).
struct computes_nothing {};

}  // namespace zer0

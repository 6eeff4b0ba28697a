// Products of matrices, and of groups of rows with a matrix of their own each.
//
// Letters: M, K, N sizes of a product; for groups N rows, K their width, M the width of the result,
// E groups (experts). Rules common to all groups: device/device.hpp.
#pragma once

#include <zer0/device/ops/operands.hpp>

#include <type_traits>

namespace zer0 {

/// A matrix of a product: a view, or a view transposed. A view becomes one by itself.
template <class T>
struct matrix_operand {
  tensor_view<const T> view;  ///< as it lies in memory
  bool is_transposed = false;

  // NOLINTNEXTLINE(google-explicit-constructor): `matmul(d, a, b, ...)` of views
  constexpr matrix_operand(tensor_view<const T> as_it_lies, bool transposed = false)
      : view(as_it_lies), is_transposed(transposed) {}
  // NOLINTNEXTLINE(google-explicit-constructor)
  constexpr matrix_operand(tensor_view<T> as_it_lies) : view(as_it_lies) {}

  /// Those that the product sees.
  [[nodiscard]] constexpr index_t rows() const { return is_transposed ? view.cols : view.rows; }
  [[nodiscard]] constexpr index_t cols() const { return is_transposed ? view.rows : view.cols; }
};

template <class D>
using matrix_of = matrix_operand<typename D::real>;

/// The view as an operand of a product that sees its columns as rows. Nothing is moved.
template <class T>
[[nodiscard]] constexpr matrix_operand<std::remove_const_t<T>> transposed(tensor_view<T> view) {
  return {view, true};
}

/// c = a b + beta c; a (M, K) and b (K, N) as the product sees them, c (M, N). beta is 0 (c is not
/// read) or 1. Sums in wide<real>. K may be 0 (a sum of nothing is 0), and so may M and N. For c of
/// real, and of wide<real>: gradients of weights, the scores of a router.
template <std::derived_from<computes_nothing> D>
void matmul(D& /*d*/, matrix_of<D> /*a*/, matrix_of<D> /*b*/, double /*beta*/, view<D> /*c*/) {}

/// For each group e of rows: y_e = x_e b_e. x (N, K), y (N, M). `b` is the matrices of all groups,
/// below one another in memory, each of them transposed if b is: b.view is (E*K, M), or transposed
/// (E*M, K). `starts` (E+1) cuts the rows into groups, any of them empty, as it does sequences, but
/// starts[E] may be below N: rows beyond belong to no group, are not read and not written. It is
/// memory of the device, so that sizes which are computed there are not waited for.
template <std::derived_from<computes_nothing> D>
void grouped_matmul(D& /*d*/, id_span /*starts*/, const_view<D> /*x*/, matrix_of<D> /*b*/,
                    view<D> /*y*/) {}

template <class D>
struct grouped_weight_gradient_operands {
  required<id_span> starts;    ///< (E+1), as in grouped_matmul
  required<const_view<D>> dy;  ///< (N, M)
  required<const_view<D>> x;   ///< (N, K)
  required<wide_view<D>> dw;   ///< (E*M, K), added to
};

/// For each group e of rows: dw_e += dy_e^T x_e.
template <std::derived_from<computes_nothing> D>
void grouped_weight_gradient(D& /*d*/, const grouped_weight_gradient_operands<D>& /*of*/) {}

template <class D>
concept product_operations =
    requires(D& d, id_span starts, const_view<D> x, view<D> y, wide_view<D> wide_y, double beta) {
      matmul(d, x, transposed(x), beta, y);
      matmul(d, transposed(x), x, beta, wide_y);
      grouped_matmul(d, starts, x, transposed(x), y);
      grouped_weight_gradient(d, {.starts = starts, .dy = x, .x = x, .dw = wide_y});
    };

}  // namespace zer0

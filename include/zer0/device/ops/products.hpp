// Products of matrices, and grouped products, in which each group of rows has a matrix of its own.
//
// Letters: M, K, N sizes of a product. In grouped products: N rows of width K, results of width M,
// E groups (experts). Rules common to all groups: device/device.hpp.
#pragma once

#include <zer0/device/ops/operands.hpp>

#include <type_traits>

namespace zer0 {

/// An operand of a product: a view, or the transpose of a view. Views convert to it implicitly.
template <class T>
struct matrix_operand {
  tensor_view<const T> view;  ///< as it lies in memory
  bool is_transposed = false;

  // NOLINTNEXTLINE(google-explicit-constructor): `matmul(d, a, b, ...)` of views
  constexpr matrix_operand(tensor_view<const T> as_it_lies, bool transposed = false)
      : view(as_it_lies), is_transposed(transposed) {}
  // NOLINTNEXTLINE(google-explicit-constructor)
  constexpr matrix_operand(tensor_view<T> as_it_lies) : view(as_it_lies) {}

  /// The sizes that the product sees.
  [[nodiscard]] constexpr index_t rows() const { return is_transposed ? view.cols : view.rows; }
  [[nodiscard]] constexpr index_t cols() const { return is_transposed ? view.rows : view.cols; }
};

template <class D>
using matrix_of = matrix_operand<typename D::real>;

/// The transpose of the view, as an operand. No data is moved.
template <class T>
[[nodiscard]] constexpr matrix_operand<std::remove_const_t<T>> transposed(tensor_view<T> view) {
  return {view, true};
}

/// c = a b + beta c; a (M, K) and b (K, N) as the product sees them, c (M, N). beta is 0 (c is not
/// read) or 1. Sums in wide<real>. K may be 0 (a sum of nothing is 0), and so may M and N. For c of
/// real, and of wide<real>: gradients of weights, the scores of a router.
template <std::derived_from<computes_nothing> D>
void matmul(D& /*d*/, matrix_of<D> /*a*/, matrix_of<D> /*b*/, double /*beta*/, view<D> /*c*/) {}

/// For each group e of rows: y_e = x_e b_e. x (N, K), y (N, M). `b` holds the matrices of all
/// groups one below the other in memory: b.view is (E*K, M), or, if b is transposed, (E*M, K), and
/// each matrix is transposed. Group e is the rows starts[e] .. starts[e+1]-1, `starts` (E+1); it
/// may be empty. Rows from starts[E] on belong to no group and are neither read nor written.
/// `starts` is memory of the device, so the host does not wait for sizes that are computed there.
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

// Shapes, and the view of a tensor that every operation takes.
#pragma once

#include <zer0/core/error.hpp>
#include <zer0/core/types.hpp>

#include <array>
#include <initializer_list>
#include <string>
#include <type_traits>

namespace zer0 {

/// The sizes of a tensor of up to four dimensions, outermost first.
class shape {
 public:
  static constexpr int max_rank = 4;

  constexpr shape() = default;
  constexpr shape(std::initializer_list<index_t> sizes) {
    require(sizes.size() <= max_rank, "shape: ", sizes.size(), " dimensions; at most ", max_rank,
            " are supported");
    for (const index_t size : sizes) sizes_[static_cast<std::size_t>(rank_++)] = size;
  }

  [[nodiscard]] constexpr int rank() const { return rank_; }
  [[nodiscard]] constexpr index_t operator[](int i) const {
    return sizes_[static_cast<std::size_t>(i)];
  }
  [[nodiscard]] constexpr index_t elements() const {
    index_t n = 1;
    for (int i = 0; i < rank_; ++i) n *= (*this)[i];
    return n;
  }
  constexpr bool operator==(const shape&) const = default;

  /// "(2, 16, 64)", for messages.
  [[nodiscard]] std::string text() const {
    std::string out = "(";
    for (int i = 0; i < rank_; ++i) out += (i ? ", " : "") + std::to_string((*this)[i]);
    return out + ")";
  }

 private:
  std::array<index_t, max_rank> sizes_{};
  int rank_ = 0;
};

/// A tensor as operations see it: `rows` rows of `cols` contiguous elements; the rows begin
/// `stride` elements apart. A tensor (B, T, D) is passed as its B*T rows of D. A block of columns,
/// such as the queries of a fused projection, is a view too. A view owns nothing.
template <class T>
struct tensor_view {
  T* data = nullptr;
  index_t rows = 0;
  index_t cols = 0;
  index_t stride = 0;

  constexpr tensor_view() = default;
  constexpr tensor_view(T* first, index_t row_count, index_t col_count)
      : tensor_view(first, row_count, col_count, col_count) {}
  constexpr tensor_view(T* first, index_t row_count, index_t col_count, index_t row_stride)
      : data(first), rows(row_count), cols(col_count), stride(row_stride) {}
  /// Converts a view of mutable elements to one of constant elements.
  template <class U>
  // NOLINTNEXTLINE(google-explicit-constructor): as T* becomes const T*
  requires(std::is_const_v<T> && std::is_same_v<const U, T>)
  constexpr tensor_view(tensor_view<U> v) : tensor_view(v.data, v.rows, v.cols, v.stride) {}

  [[nodiscard]] constexpr T* row(index_t i) const { return data + i * stride; }
  [[nodiscard]] constexpr T& operator()(index_t i, index_t j) const { return data[i * stride + j]; }
  [[nodiscard]] constexpr index_t elements() const { return rows * cols; }
  [[nodiscard]] constexpr bool contiguous() const { return stride == cols || rows <= 1; }

  [[nodiscard]] constexpr tensor_view row_block(index_t first, index_t count) const {
    return {row(first), count, cols, stride};
  }
  [[nodiscard]] constexpr tensor_view col_block(index_t first, index_t count) const {
    return {data + first, rows, count, stride};
  }
};

}  // namespace zer0

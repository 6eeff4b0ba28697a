// A device that computes nothing, but counts the memory and floating-point operations of a model.
#pragma once

#include <zer0/device/device.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace zer0 {

/// Its operations do nothing, as those of `archetype`, but it hands out addresses, which are never
/// touched: any model and any step runs on it, at once. It counts the bytes that are allocated, and
/// the floating-point operations of products and attention (a multiplication and an addition are
/// two). Numbers that it returns are zero. The sequences of a call count as equally long, because
/// their starts are memory of the device. Its `real` is float.
class dry_run : public computes_nothing {
 public:
  using real = float;

  [[nodiscard]] void* allocate(std::size_t bytes) {
    constexpr std::size_t alignment = 64;
    bytes_ += bytes;
    peak_bytes_ = std::max(peak_bytes_, bytes_);
    const std::uintptr_t at = next_;
    next_ += (bytes + alignment - 1) / alignment * alignment + (bytes == 0 ? alignment : 0);
    return reinterpret_cast<void*>(at);  // NOLINT(performance-no-int-to-ptr)
  }
  void deallocate(void*, std::size_t bytes) { bytes_ -= bytes; }
  void upload(void*, const void*, std::size_t) {}
  void download(void* host, const void*, std::size_t bytes) {
    if (bytes > 0) std::memset(host, 0, bytes);
  }
  void synchronize() {}

  [[nodiscard]] std::size_t bytes() const { return bytes_; }            ///< bytes allocated now
  [[nodiscard]] std::size_t peak_bytes() const { return peak_bytes_; }  ///< most at any time
  [[nodiscard]] double flops() const { return flops_; }                 ///< operations so far

  /// Counts a product: rows * cols results, each the sum of `depth` products.
  void count_product(index_t rows, index_t cols, index_t depth) {
    flops_ +=
        2.0 * static_cast<double>(rows) * static_cast<double>(cols) * static_cast<double>(depth);
  }
  /// Counts, for each head, query and key that it sees, a sum of `depth` products.
  void count_attention(const attention_sizes& a, index_t tokens, index_t sequences, index_t depth) {
    flops_ += 2.0 * static_cast<double>(a.heads * depth) *
              pairs(tokens, sequences, static_cast<double>(a.window));
  }

 private:
  /// (query, key) pairs of N tokens in S causal sequences of the same length. With a window, the
  /// first `window` tokens of a sequence see their own and all older keys, the others `window` keys
  /// each.
  static double pairs(index_t tokens, index_t sequences, double window) {
    const double n = static_cast<double>(tokens);
    const double length = n / static_cast<double>(std::max<index_t>(sequences, 1));
    if (window == 0 || window >= length) return n * (length + 1) / 2;
    return n / length * (window * (window + 1) / 2 + (length - window) * window);
  }

  std::size_t bytes_ = 0, peak_bytes_ = 0;
  std::uintptr_t next_ = 64;
  double flops_ = 0;
};

namespace detail {
inline index_t sequences_in(id_span starts) { return static_cast<index_t>(starts.size()) - 1; }
}  // namespace detail

inline void matmul(dry_run& d, matrix_of<dry_run> a, matrix_of<dry_run> /*b*/, double /*beta*/,
                   view<dry_run> c) {
  d.count_product(c.rows, c.cols, a.cols());
}
inline void grouped_matmul(dry_run& d, id_span /*starts*/, const_view<dry_run> x,
                           matrix_of<dry_run> /*b*/, view<dry_run> y) {
  d.count_product(x.rows, y.cols, x.cols);
}
inline void grouped_weight_gradient(dry_run& d,
                                    const grouped_weight_gradient_operands<dry_run>& of) {
  d.count_product(of.dy.rows, of.dy.cols, of.x.cols);
}

// Forward: q k^T and p v. Backward: dv, dp, dq and dk; the q k^T that flash attention computes
// again is not counted.
inline void standard_attention_forward(dry_run& d, const attention_sizes& a,
                                       const standard_attention_forward_operands<dry_run>& of) {
  d.count_attention(a, of.q.rows, detail::sequences_in(of.starts),
                    (of.q.cols + of.o.cols) / a.heads);
}
inline void standard_attention_backward(dry_run& d, const attention_sizes& a,
                                        const standard_attention_backward_operands<dry_run>& of) {
  d.count_attention(a, of.q.rows, detail::sequences_in(of.starts),
                    2 * (of.q.cols + of.dout.cols) / a.heads);
}
inline void flash_attention_forward(dry_run& d, const attention_sizes& a,
                                    const flash_attention_forward_operands<dry_run>& of) {
  d.count_attention(a, of.q.rows, detail::sequences_in(of.starts),
                    (of.q.cols + of.o.cols) / a.heads);
}
inline void flash_attention_backward(dry_run& d, const attention_sizes& a,
                                     const flash_attention_backward_operands<dry_run>& of) {
  d.count_attention(a, of.q.rows, detail::sequences_in(of.starts),
                    2 * (of.q.cols + of.dout.cols) / a.heads);
}

static_assert(device<dry_run>);

}  // namespace zer0

// Bodies of the cpu device's standard attention, which keeps the whole matrix of probabilities.
#pragma once

#include <zer0/device/cpu.hpp>
#include <zer0/device/detail/cpu/attention_tile.hpp>

#include <algorithm>

namespace zer0 {
namespace detail {

/// The rows of one head of one sequence in a matrix (N*H, longest), whose row is token*H + head.
template <class T>
tensor_view<T> probabilities_of(tensor_view<T> p, const attention_sizes& a, index_t begin,
                                index_t length, index_t head) {
  return {p.row(begin * a.heads + head), length, length, p.stride * a.heads};
}

/// The softened scores of one head, in memory of the thread; empty without a soft cap.
ZER0_INLINE tensor_view<const float> softened(const attention_sizes& a, tensor_view<const float> q,
                                              tensor_view<const float> k) {
  if (a.soft_cap == 0) return {};
  struct softened_memory;
  const tensor_view<float> s(thread_scratch<softened_memory>(q.rows * k.rows), q.rows, k.rows);
  product_nt(q, k, false, s);
  for (index_t i = 0; i < s.rows; ++i) soften(a, s.row(i), i + 1);
  return s;
}

/// The probabilities after dropout, in memory of the thread; p itself without dropout.
ZER0_INLINE tensor_view<const float> dropped(const attention_sizes& a, tensor_view<const float> p,
                                             index_t first_row) {
  if (a.dropout == 0) return p;
  struct dropped_memory;
  const tensor_view<float> out(thread_scratch<dropped_memory>(p.rows * p.cols), p.rows, p.cols);
  for (index_t i = 0; i < p.rows; ++i)
    drop_keys(a, first_row + i * a.heads, 0, p.row(i), out.row(i), p.cols);
  return out;
}

}  // namespace detail

ZER0_INLINE void standard_attention_forward(cpu& d, const attention_sizes& a,
                                            const standard_attention_forward_operands<cpu>& of) {
  fill(d, of.o, 0);
  const auto sequences = static_cast<index_t>(of.starts.size()) - 1;
  detail::parallel_for_uneven(sequences * a.heads, of.q.rows * a.head_dim, [&](index_t task) {
    const index_t head = task % a.heads;
    const index_t kv = head / (a.heads / a.kv_heads);
    const auto s = static_cast<std::size_t>(task / a.heads);
    const index_t begin = of.starts[s];
    const index_t length = of.starts[s + 1] - begin;
    const auto head_rows = [&](auto x, index_t h) {
      return detail::head_of(x.row_block(begin, length), h, a.head_dim);
    };
    const auto value_rows = [&](auto x, index_t h) {
      return detail::head_of(x.row_block(begin, length), h, a.value_width());
    };
    const auto p = detail::probabilities_of(of.probabilities, a, begin, length, head);
    detail::product_nt(head_rows(of.q, head), head_rows(of.k, kv), false, p);
    for (index_t i = 0; i < length; ++i) {
      const index_t hidden = a.hidden(i + 1);
      float* const row = p.row(i) + hidden;
      const index_t seen = i + 1 - hidden;
      detail::soften(a, row, seen);
      const float largest = detail::largest_of(row, seen), factor = detail::score_factor(a);
      detail::map_row(row, row, seen,
                      [=](auto e) { return detail::exponential((e - largest) * factor); });
      auto probability = detail::as_array(row, seen);
      probability *= 1 / probability.sum();
      std::fill(p.row(i), p.row(i) + hidden, 0.0f);
      std::fill(p.row(i) + i + 1, p.row(i) + of.probabilities.cols, 0.0f);
    }
    detail::product_nn(detail::dropped(a, p, begin * a.heads + head), value_rows(of.v, kv),
                       value_rows(of.o, head));
  });
}

ZER0_INLINE void standard_attention_backward(cpu& d, const attention_sizes& a,
                                             const standard_attention_backward_operands<cpu>& of) {
  for (const auto& gradient : {of.dq, of.dk, of.dv}) fill(d, gradient, 0);
  const index_t group = a.heads / a.kv_heads;
  const auto sequences = static_cast<index_t>(of.starts.size()) - 1;
  detail::parallel_for_uneven(sequences * a.kv_heads, of.q.rows * a.head_dim, [&](index_t task) {
    const index_t kv = task % a.kv_heads;
    const auto s = static_cast<std::size_t>(task / a.kv_heads);
    const index_t begin = of.starts[s];
    const index_t length = of.starts[s + 1] - begin;
    const auto head_rows = [&](auto x, index_t h) {
      return detail::head_of(x.row_block(begin, length), h, a.head_dim);
    };
    const auto value_rows = [&](auto x, index_t h) {
      return detail::head_of(x.row_block(begin, length), h, a.value_width());
    };
    for (index_t head = kv * group; head < (kv + 1) * group; ++head) {
      const index_t first_row = begin * a.heads + head;
      const auto p = detail::probabilities_of(of.probabilities, a, begin, length, head);
      const auto ds = detail::probabilities_of(of.scratch, a, begin, length, head);
      const auto scores = detail::softened(a, head_rows(of.q, head), head_rows(of.k, kv));
      detail::product_nt(value_rows(of.dout, head), value_rows(of.v, kv), false, ds);
      detail::product_tn(detail::dropped(a, p, first_row), value_rows(of.dout, head),
                         value_rows(of.dv, kv));
      for (index_t i = 0; i < length; ++i) {
        if (a.dropout > 0)
          detail::drop_keys(a, first_row + i * a.heads, 0, ds.row(i), ds.row(i), i + 1);
        const auto probability = detail::as_array(p.row(i), i + 1);
        auto gradient = detail::as_array(ds.row(i), i + 1);
        const float along = (probability * gradient).sum();
        gradient = probability * (gradient - along) * static_cast<float>(a.scale);
        if (a.soft_cap > 0)
          gradient *= 1 - detail::as_array(scores.row(i), i + 1).square();  // the slope of tanh
        std::fill(ds.row(i) + i + 1, ds.row(i) + length, 0.0f);
      }
      detail::product_nn(ds, head_rows(of.k, kv), head_rows(of.dq, head));
      detail::product_tn(ds, head_rows(of.q, head), head_rows(of.dk, kv));
    }
  });
}

}  // namespace zer0

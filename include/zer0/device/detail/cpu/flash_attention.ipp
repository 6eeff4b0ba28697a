// Bodies of the cpu device's flash attention: tiles, and no T x T matrix.
#pragma once

#include <zer0/device/cpu.hpp>
#include <zer0/device/detail/cpu/attention_tile.hpp>

#include <algorithm>

namespace zer0 {
namespace detail {

/// The gradients from one tile of queries of one head: `run` adds to dq, dk and dv. Its memory
/// holds the tiles p and dp, and one number per query.
struct flash_backward_tile {
  const attention_sizes& a;
  // Each of one head: q, o, dout and dq are the tile's rows; k, v, dk and dv the whole sequence.
  tensor_view<const float> q, k, v, o, dout;
  tensor_view<float> dq, dk, dv;
  const float* lse;   // of the tile's first row; rows are a.heads apart
  index_t visible;    // keys that the first query sees
  index_t first_row;  // row of the first query in the dropout mask

  void run(float* memory) const {
    float* const along = memory + 2 * query_tile * key_tile;  // sum over keys of p dp = dout . o
    for (index_t i = 0; i < q.rows; ++i)
      along[i] = (as_array(dout.row(i), o.cols) * as_array(o.row(i), o.cols)).sum();
    const index_t keys = visible + q.rows - 1;
    for (index_t first = seen_keys{a, visible}.begin(); first < keys; first += key_tile) {
      const tensor_view<float> p(memory, q.rows, std::min(key_tile, keys - first));
      const tensor_view<float> dp(memory + query_tile * key_tile, p.rows, p.cols);
      product_nt(q, k.row_block(first, p.cols), false, p);
      product_nt(dout, v.row_block(first, p.cols), false, dp);
      for (index_t i = 0; i < p.rows; ++i) row_gradient(i, first, p, dp, along[i]);
      product_tn(p, dout, dv.row_block(first, p.cols));
      product_nn(dp, k.row_block(first, p.cols), dq);
      product_tn(dp, q, dk.row_block(first, p.cols));
    }
  }

  /// Turns the products q k^T in p into probabilities after dropout, and the products dout v^T in
  /// dp into the gradients of q k^T.
  void row_gradient(index_t i, index_t first, tensor_view<float> p, tensor_view<float> dp,
                    float along) const {
    const auto seen = seen_keys{a, visible}.of(i, first, p.cols);
    seen_keys::clear_others(seen, p.row(i), p.cols);
    seen_keys::clear_others(seen, dp.row(i), p.cols);
    if (seen.count() == 0) return;
    const auto scale = static_cast<float>(a.scale);
    auto probability = as_array(p.row(i) + seen.first, seen.count());
    auto gradient = as_array(dp.row(i) + seen.first, seen.count());
    if (a.dropout > 0)
      drop_keys(a, first_row + i * a.heads, first, dp.row(i), dp.row(i), seen.last);
    soften(a, probability.data(), seen.count());
    if (a.soft_cap > 0)
      gradient = (gradient - along) * (1 - probability.square()) + along;  // the slope of tanh
    const float factor = score_factor(a), log_sum = lse[i * a.heads];
    map_row(probability.data(), probability.data(), seen.count(),
            [=](auto e) { return exponential(e * factor - log_sum); });
    gradient = probability * (gradient - along) * scale;
    if (a.dropout > 0) drop_keys(a, first_row + i * a.heads, first, p.row(i), p.row(i), seen.last);
  }
};

}  // namespace detail

ZER0_INLINE void flash_attention_forward(cpu&, const attention_sizes& a,
                                         const flash_attention_forward_operands<cpu>& of) {
  for (std::size_t s = 0; s + 1 < of.starts.size(); ++s) {
    const index_t begin = of.starts[s];
    const index_t length = of.starts[s + 1] - begin;
    const index_t tiles = (length + detail::query_tile - 1) / detail::query_tile;
    const auto keys_of = [&](tensor_view<const float> x, index_t head, index_t width) {
      return detail::head_of(x.row_block(begin, length), head / (a.heads / a.kv_heads), width);
    };
    detail::parallel_for_uneven(tiles * a.heads, length * a.head_dim, [&](index_t task) {
      const index_t head = task % a.heads;
      const index_t i =
          (tiles - 1 - task / a.heads) * detail::query_tile;  // the longest rows first
      const index_t rows = std::min(detail::query_tile, length - i);
      const index_t row = (begin + i) * a.heads + head;
      detail::flash_rows(a, detail::head_of(of.q, head, a.head_dim).row_block(begin + i, rows),
                         keys_of(of.k, head, a.head_dim), keys_of(of.v, head, a.value_width()),
                         i + 1, row,
                         detail::head_of(of.o, head, a.value_width()).row_block(begin + i, rows),
                         of.lse.data() + row);
    });
  }
}

ZER0_INLINE void flash_attention_backward(cpu& d, const attention_sizes& a,
                                          const flash_attention_backward_operands<cpu>& of) {
  for (const auto& gradient : {of.dq, of.dk, of.dv}) fill(d, gradient, 0);
  const index_t group = a.heads / a.kv_heads;
  const auto sequences = static_cast<index_t>(of.starts.size()) - 1;
  struct tiles_memory;
  // Each key/value head of a sequence belongs to one thread, so its gradients are sums in a fixed
  // order.
  detail::parallel_for_uneven(sequences * a.kv_heads, of.q.rows * a.head_dim, [&](index_t task) {
    const index_t kv = task % a.kv_heads;
    const auto s = static_cast<std::size_t>(task / a.kv_heads);
    const index_t begin = of.starts[s];
    const index_t length = of.starts[s + 1] - begin;
    float* const memory =
        detail::thread_scratch<tiles_memory>(detail::query_tile * (2 * detail::key_tile + 1));
    const auto keys = [&](auto x) {
      return detail::head_of(x.row_block(begin, length), kv, a.head_dim);
    };
    const auto values = [&](auto x) {
      return detail::head_of(x.row_block(begin, length), kv, a.value_width());
    };
    for (index_t head = kv * group; head < (kv + 1) * group; ++head)
      for (index_t i = 0; i < length; i += detail::query_tile) {
        const index_t rows = std::min(detail::query_tile, length - i);
        const index_t row = (begin + i) * a.heads + head;
        const auto queries = [&](auto x) {
          return detail::head_of(x.row_block(begin + i, rows), head, a.head_dim);
        };
        const auto outputs = [&](auto x) {
          return detail::head_of(x.row_block(begin + i, rows), head, a.value_width());
        };
        detail::flash_backward_tile{.a = a,
                                    .q = queries(of.q),
                                    .k = keys(of.k),
                                    .v = values(of.v),
                                    .o = outputs(of.o),
                                    .dout = outputs(of.dout),
                                    .dq = queries(of.dq),
                                    .dk = keys(of.dk),
                                    .dv = values(of.dv),
                                    .lse = of.lse.data() + row,
                                    .visible = i + 1,
                                    .first_row = row}
            .run(memory);
      }
  });
}

}  // namespace zer0

// Body of the cpu device's attention over the key/value cache.
#pragma once

#include <zer0/device/cpu.hpp>
#include <zer0/device/detail/cpu/attention_tile.hpp>

#include <algorithm>

namespace zer0 {
namespace detail {

/// Attention of one new token of one head over the keys of its window: dot products and a weighted
/// sum; each key and value is read once.
ZER0_INLINE void attend_one(const attention_sizes& a, const float* q, tensor_view<const float> k,
                            tensor_view<const float> v, index_t keys, float* o) {
  struct scores_memory;
  float* const scores = thread_scratch<scores_memory>(keys);
  const auto query = as_array(q, a.head_dim);
  for (index_t j = 0; j < keys; ++j) scores[j] = (query * as_array(k.row(j), a.head_dim)).sum();
  soften(a, scores, keys);
  const float largest = largest_of(scores, keys), factor = score_factor(a);
  map_row(scores, scores, keys, [=](auto e) { return exponential((e - largest) * factor); });
  const float total = as_array(scores, keys).sum();
  auto out = as_array(o, v.cols);
  out.setZero();
  for (index_t j = 0; j < keys; ++j) out += scores[j] * as_array(v.row(j), v.cols);
  out *= 1 / total;
}

}  // namespace detail

ZER0_INLINE void cached_attention(cpu&, const attention_sizes& a,
                                  const cached_attention_operands<cpu>& of) {
  for (std::size_t s = 0; s + 1 < of.starts.size(); ++s) {
    const index_t begin = of.starts[s];
    const index_t length = of.starts[s + 1] - begin;
    const index_t tiles = (length + detail::query_tile - 1) / detail::query_tile;
    const index_t first_key = static_cast<index_t>(s) * of.cache.capacity;
    detail::parallel_for_uneven(
        tiles * a.heads, (of.past[s] + length) * a.head_dim, [&](index_t task) {
          const index_t head = task % a.heads;
          const index_t kv = head / (a.heads / a.kv_heads);
          const index_t i = task / a.heads * detail::query_tile;
          const index_t rows = std::min(detail::query_tile, length - i);
          const index_t visible = of.past[s] + i + 1;
          const auto keys = detail::head_of(of.cache.keys, kv, a.head_dim)
                                .row_block(first_key, visible + rows - 1);
          const auto values = detail::head_of(of.cache.values, kv, a.value_width())
                                  .row_block(first_key, visible + rows - 1);
          const auto queries = detail::head_of(of.q, head, a.head_dim).row_block(begin + i, rows);
          const auto out = detail::head_of(of.o, head, a.value_width()).row_block(begin + i, rows);
          const index_t hidden = a.hidden(visible), seen = visible - hidden;
          if (rows == 1 && a.dropout == 0)
            return detail::attend_one(a, queries.data, keys.row_block(hidden, seen),
                                      values.row_block(hidden, seen), seen, out.data);
          detail::flash_rows(a, queries, keys, values, visible, (begin + i) * a.heads + head, out,
                             nullptr);
        });
  }
}

}  // namespace zer0

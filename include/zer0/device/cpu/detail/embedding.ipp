// Bodies of zer0/device/cpu/embedding.hpp.
#pragma once

#include <zer0/device/cpu/elements.hpp>
#include <zer0/device/cpu/embedding.hpp>
#include <zer0/device/cpu/detail/parallel.hpp>

#include <algorithm>

namespace zer0 {

ZER0_INLINE void embedding_forward(cpu& d, tensor_view<const float> table, id_span ids, tensor_view<float> y) {
  gather_rows(d, table, ids, y);
}

ZER0_INLINE void embedding_backward(cpu&, id_span ids, tensor_view<const float> dy, tensor_view<float> dtable) {
  constexpr index_t block = 64;
  detail::parallel_for((dy.cols + block - 1) / block, dy.rows * block, [&](index_t b) {
    const index_t first = b * block;
    const index_t count = std::min(block, dy.cols - first);
    for (index_t i = 0; i < dy.rows; ++i) {
      float* to = dtable.row(ids[static_cast<std::size_t>(i)]) + first;
      const float* from = dy.row(i) + first;
#pragma omp simd
      for (index_t j = 0; j < count; ++j) to[j] += from[j];
    }
  });
}

}  // namespace zer0

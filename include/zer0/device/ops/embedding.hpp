// Embedding: the rows of a table that token ids select.
//
// Letters: N tokens, V rows of the table (the vocabulary), D its width. Rules common to all groups:
// device/device.hpp.
#pragma once

#include <zer0/device/ops/operands.hpp>

namespace zer0 {

/// y[i] = table[ids[i]]; table (V, D), ids (N), y (N, D).
template <std::derived_from<computes_nothing> D>
void embedding_forward(D& /*d*/, const_view<D> /*table*/, id_span /*ids*/, view<D> /*y*/) {}

/// dtable[ids[i]] += dy[i], in the order of i; ids (N), dy (N, D), dtable (V, D).
template <std::derived_from<computes_nothing> D>
void embedding_backward(D& /*d*/, id_span /*ids*/, const_view<D> /*dy*/, wide_view<D> /*dtable*/) {}

template <class D>
concept embedding_operations =
    requires(D& d, const_view<D> x, id_span ids, view<D> y, wide_view<D> dtable) {
      embedding_forward(d, x, ids, y);
      embedding_backward(d, ids, x, dtable);
    };

}  // namespace zer0

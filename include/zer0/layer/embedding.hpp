// Token embedding: a row of a table for each token.
#pragma once

#include <zer0/core/dims.hpp>
#include <zer0/layer/context.hpp>
#include <zer0/layer/parameter.hpp>

namespace zer0 {

/// y[i] = table[ids[i]], with dropout in training. Shapes: ids (N), table (V, D), y (N, D). Memory: keeps nothing but
/// the ids' view.
template <device Device>
class embedding {
 public:
  using real = typename Device::real;
  struct saved {
    id_span ids;
    random_stream stream;
  };

  explicit embedding(const dims& sizes)
      : dropout_(sizes.dropout), table_{.parts = {{"weight", sizes.vocab_size}}, .cols = sizes.dim, .initial = {}} {}

  void parameters(parameter_list<real>& list) { list.add(table_); }
  [[nodiscard]] parameter<real>& table() { return table_; }

  void forward(context<Device>& c, id_span ids, tensor_view<real> y, saved& s) {
    s = {ids, c.next_stream()};
    embedding_forward(c.device, table_.value, ids, y);
    if (c.training && dropout_ > 0) apply_dropout(c.device, dropout_, s.stream, y, y);
  }

  /// Adds to the table's gradient; dy is overwritten.
  void backward(context<Device>& c, tensor_view<real> dy, const saved& s) {
    if (!table_.trained()) return;
    if (c.training && dropout_ > 0) apply_dropout(c.device, dropout_, s.stream, dy, dy);
    embedding_backward(c.device, s.ids, dy, table_.grad);
  }

 private:
  double dropout_;
  parameter<real> table_;
};

}  // namespace zer0

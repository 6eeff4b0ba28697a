// Embeddings: a table row for each token and, if positions are learned, for each position.
#pragma once

#include <zer0/core/dims.hpp>
#include <zer0/core/roles.hpp>
#include <zer0/layer/layer.hpp>
#include <zer0/layer/parameter.hpp>

namespace zer0 {

/// y[i] = table[ids[i]], with dropout in training. Shapes: ids (N), table (V, D), y (N, D). Memory:
/// keeps the view of the ids alone.
template <device Device>
class embedding {
 public:
  using real = typename Device::real;
  struct saved {
    id_span ids;
    random_stream stream;
  };

  explicit embedding(const dims& sizes)
      : dropout_(sizes.dropout),
        table_{.parts = {{"weight", sizes.vocab_size}},
               .cols = sizes.dim,
               .initial = {},
               .kind = parameter_kind::table} {}

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

/// Adds nothing to the token embeddings: positions are left to attention (rope), or unknown. The
/// default of a decoder, and an example of the members that a policy of this role has.
struct no_input_position {
  using role = input_position_role;

  template <device Device>
  class layer {
   public:
    using real = typename Device::real;

    explicit layer(const dims& /*sizes*/) {}
    void parameters(parameter_list<real>& /*list*/) {}
    /// y (N, D): the token embeddings. A policy adds to them the embeddings of
    /// `c.layout.positions`.
    void forward(context<Device>& /*c*/, tensor_view<real> /*y*/) {}
    /// Adds to the gradients of the parameters; dy is not changed.
    void backward(context<Device>& /*c*/, tensor_view<const real> /*dy*/) {}
  };
};

/// y += table[position], for a decoder whose attention knows no positions:
/// decoder<gqa<no_position>, learned_positions>. Dropout is applied to the token embeddings, before
/// this addition. Shapes: y (N, D), table (dims::max_seq_len, D). Memory: keeps nothing. Source:
/// Radford et al. 2018, "Improving language understanding by generative pre-training", section 3.1;
/// files of GPT-2 name the table "wpe".
struct learned_positions {
  using role = input_position_role;

  template <device Device>
  class layer {
   public:
    using real = typename Device::real;

    explicit layer(const dims& sizes)
        : table_{.parts = {{"weight", sizes.max_seq_len}},
                 .cols = sizes.dim,
                 .initial = {},
                 .kind = parameter_kind::table} {}

    void parameters(parameter_list<real>& list) { list.add(table_); }

    /// y (N, D): the token embeddings, at the positions `c.layout.positions`.
    void forward(context<Device>& c, tensor_view<real> y) {
      const arena_scope<Device> scope(c.scratch);
      const tensor_view<real> rows = c.scratch.matrix(y.rows, y.cols);
      embedding_forward(c.device, table_.value, c.layout.positions, rows);
      add(c.device, rows, y);
    }

    /// Adds to the table's gradient.
    void backward(context<Device>& c, tensor_view<const real> dy) {
      if (table_.trained()) embedding_backward(c.device, c.layout.positions, dy, table_.grad);
    }

   private:
    parameter<real> table_;
  };
};

}  // namespace zer0

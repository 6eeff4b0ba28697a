// Learned positions: a row of a table for each position, added to the embedding.
#pragma once

#include <zer0/core/dims.hpp>
#include <zer0/core/roles.hpp>
#include <zer0/layer/context.hpp>
#include <zer0/layer/parameter.hpp>

namespace zer0 {

/// y += table[position]. A policy of a decoder whose attention knows no positions:
/// decoder<gqa<no_position>, learned_positions>. The embedding's dropout is of the tokens alone. Shapes: y (N, D),
/// table (dims::max_seq_len, D). Memory: keeps nothing. Source: Radford et al. 2018, "Improving language understanding
/// by generative pre-training", section 3.1; GPT-2 keeps the table as "wpe".
struct learned_positions {
  using role = input_position_role;

  template <device Device>
  class layer {
   public:
    using real = typename Device::real;

    explicit layer(const dims& sizes)
        : table_{.parts = {{"weight", sizes.max_seq_len}}, .cols = sizes.dim, .initial = {}} {}

    void parameters(parameter_list<real>& list) { list.add(table_); }

    /// y (N, D): the embedded tokens, at `c.layout.positions`.
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

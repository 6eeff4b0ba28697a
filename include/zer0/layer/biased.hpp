// A bias beside the weights of a linear.
#pragma once

#include <zer0/layer/layer.hpp>
#include <zer0/layer/linear.hpp>

#include <vector>

namespace zer0 {

/// y = base(x) + b for the outputs that belong to `Set`; y = base(x) for the others. Biases are
/// initialized with zeros. Names: "q_proj.bias". Shapes: x (N, in), y (N, out), b (rows of its
/// output). Memory: what the base keeps. Qwen2's attention is gqa<biased<projections<"q_proj",
/// "k_proj", "v_proj">>>; GPT-2 has biases in every linear.
template <projection_set Set = all_projections, policy_for<linear_role> Base = linear>
struct biased {
  using role = linear_role;

  template <device Device>
  class layer {
    using base_type = layer_of<Base, Device>;

   public:
    using real = typename Device::real;
    using saved = typename base_type::saved;

    layer(const dims& sizes, const projections_list& outputs, index_t in,
          initial_values initial = {})
        : base_(sizes, outputs, in, initial) {
      index_t col = 0;
      for (const parameter_part& output : outputs) {
        if (Set::holds(sizes, output, in))
          biases_.push_back(
              {col,
               {.parts = {{output.name + ".bias", output.rows, output.interleaved_heads}},
                .cols = 1,
                .initial = {.deviation = 0},
                .kind = parameter_kind::vector}});
        col += output.rows;
      }
    }

    void parameters(parameter_list<real>& list) {
      base_.parameters(list);
      for (bias& b : biases_) list.add(b.values);
    }

    void forward(context<Device>& c, tensor_view<const real> x, tensor_view<real> y, saved& s) {
      base_.forward(c, x, y, s);
      for (const bias& b : biases_)
        add_bias(c.device, numbers_of(b.values), y.col_block(b.col, b.values.rows()));
    }

    /// Writes dx; adds to the gradients of weights and biases.
    void backward(context<Device>& c, tensor_view<const real> dy, const saved& s,
                  tensor_view<real> dx) {
      base_.backward(c, dy, s, dx);
      for (const bias& b : biases_)
        if (b.values.trained())
          add_column_sums(c.device, dy.col_block(b.col, b.values.rows()), b.gradient());
    }

    [[nodiscard]] parameter<real>& weight() { return base_.weight(); }

   private:
    struct bias {
      index_t col;  // first column in y
      parameter<real> values;
      [[nodiscard]] wide_span<Device> gradient() const {
        return {values.grad.data, static_cast<std::size_t>(values.elements())};
      }
    };

    base_type base_;
    std::vector<bias> biases_;
  };
};

}  // namespace zer0

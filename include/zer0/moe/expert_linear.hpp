// The linear of experts: a weight for each group of rows.
#pragma once

#include <zer0/layer/linear.hpp>

#include <string>

namespace zer0 {

/// y_e = x_e W_e^T for the rows of each expert e: `context::layout.groups` says which they are. W (E*out, in), expert
/// after expert; names "experts.3.gate_proj.weight". Rows that belong to no expert are not written.
/// Shapes: x (A, in), y (A, out). Memory: keeps the views of x and of the groups.
struct expert_linear {
  using role = linear_role;

  template <device Device>
  class layer {
   public:
    using real = typename Device::real;
    struct saved {
      tensor_view<const real> x;
      id_span groups;
    };

    layer(const dims& sizes, const projections_list& outputs, index_t in, initial_values initial = {})
        : weight_{.parts = {}, .cols = in, .initial = initial} {
      for (index_t e = 0; e < sizes.experts.n_routed; ++e)
        for (const parameter_part& part : named(outputs, ".weight"))
          weight_.parts.push_back(
              {"experts." + std::to_string(e) + "." + part.name, part.rows, part.interleaved_heads});
    }

    void parameters(parameter_list<real>& list) { list.add(weight_); }

    void forward(context<Device>& c, tensor_view<const real> x, tensor_view<real> y, saved& s) {
      s = {x, c.layout.groups};
      grouped_matmul(c.device, s.groups, x, transpose::yes, weight_.value, y);
    }

    void backward(context<Device>& c, tensor_view<const real> dy, const saved& s, tensor_view<real> dx) {
      grouped_matmul(c.device, s.groups, dy, transpose::no, weight_.value, dx);
      if (weight_.trained()) grouped_weight_gradient(c.device, s.groups, dy, s.x, weight_.grad);
    }

   private:
    parameter<real> weight_;
  };
};

}  // namespace zer0

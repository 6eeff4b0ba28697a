// Linear: y = x W^T, with one or several named outputs side by side; and sets of output names.
#pragma once

#include <zer0/core/dims.hpp>
#include <zer0/core/roles.hpp>
#include <zer0/layer/layer.hpp>
#include <zer0/layer/parameter.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace zer0 {

/// The outputs of a linear by their module names ("q_proj"), in the order of their rows in the
/// weight.
using projections_list = std::vector<parameter_part>;

namespace detail {
/// The parts of a parameter, named after the outputs: "q_proj" with the suffix ".weight" is
/// "q_proj.weight".
inline std::vector<parameter_part> with_suffix(projections_list outputs,
                                               const std::string& suffix) {
  for (parameter_part& part : outputs) part.name += suffix;
  return outputs;
}
}  // namespace detail

/// y = x W^T. W (out, in) may hold several weights one below the other (q, k and v; gate and up),
/// so that one product reads x once. Shapes: x (N, in), y (N, out). Memory: keeps the view of x; x
/// must stay valid until backward. Attention and feed-forwards also accept the other policies of
/// this role: biased, lora.
struct linear {
  using role = linear_role;

  template <device Device>
  class layer {
   public:
    using real = typename Device::real;
    struct saved {
      tensor_view<const real> x;
    };

    layer(const dims& /*sizes*/, const projections_list& outputs, index_t in,
          initial_values initial = {})
        : weight_{
              .parts = detail::with_suffix(outputs, ".weight"), .cols = in, .initial = initial} {}

    void parameters(parameter_list<real>& list) { list.add(weight_); }

    void forward(context<Device>& c, tensor_view<const real> x, tensor_view<real> y, saved& s) {
      s.x = x;
      matmul(c.device, x, transposed(weight_.value), 0, y);
    }

    /// Writes dx; adds to the gradient of W.
    void backward(context<Device>& c, tensor_view<const real> dy, const saved& s,
                  tensor_view<real> dx) {
      matmul(c.device, dy, weight_.value, 0, dx);
      if (weight_.trained()) matmul(c.device, transposed(dy), s.x, 1, weight_.grad);
    }

    /// W (out, in), for code that multiplies by parts of it: the absorbed products of latent
    /// attention, merging adapters.
    [[nodiscard]] parameter<real>& weight() { return weight_; }

   private:
    parameter<real> weight_;
  };
};

// -- sets of projections by name: which outputs of linears have a bias or an adapter

/// A set of projections. `holds` says whether an output of a linear with `in` inputs belongs to it.
template <class S>
concept projection_set = requires(const dims& sizes, const parameter_part& output, index_t in) {
  { S::holds(sizes, output, in) } -> std::same_as<bool>;
};

/// The name of a projection as a template argument.
template <std::size_t N>
struct projection_name {
  char text[N];
  consteval projection_name(const char (&name)[N]) {
    std::copy_n(name, N, text);
  }  // NOLINT(google-explicit-*)
  [[nodiscard]] constexpr std::string_view view() const { return {text, N - 1}; }
};

/// The projections with these names: projections<"q_proj", "v_proj">.
template <projection_name... Names>
struct projections {
  static bool holds(const dims& /*sizes*/, const parameter_part& output, index_t /*in*/) {
    return ((output.name == Names.view()) || ...);
  }
};

using query_value_projections = projections<"q_proj", "v_proj">;
using attention_projections = projections<"q_proj", "k_proj", "v_proj", "o_proj">;

struct all_projections {
  static bool holds(const dims& /*sizes*/, const parameter_part& /*output*/, index_t /*in*/) {
    return true;
  }
};

/// The projections with as many outputs as inputs, the rule of the reference implementation.
struct square_projections {
  static bool holds(const dims& /*sizes*/, const parameter_part& output, index_t in) {
    return output.rows == in;
  }
};

/// The projections that dims::lora.projections lists: a set chosen at run time, by a file or an
/// option.
struct listed_projections {
  static bool holds(const dims& sizes, const parameter_part& output, index_t in) {
    return sizes.lora.lists(output.name, output.rows == in);
  }
};

}  // namespace zer0

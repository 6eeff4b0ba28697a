// Sets of projections by name: which outputs of linears have a bias or an adapter.
#pragma once

#include <zer0/core/dims.hpp>
#include <zer0/layer/parameter.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <string_view>

namespace zer0 {

/// A set says of each output of a linear with `in` inputs whether it belongs.
template <class S>
concept projection_set = requires(const dims& sizes, const parameter_part& output, index_t in) {
  { S::holds(sizes, output, in) } -> std::same_as<bool>;
};

/// The name of a projection as a template argument.
template <std::size_t N>
struct projection_name {
  char text[N];
  consteval projection_name(const char (&name)[N]) { std::copy_n(name, N, text); }  // NOLINT(google-explicit-*)
  [[nodiscard]] constexpr std::string_view view() const { return {text, N - 1}; }
};

/// Those of these names: projections<"q_proj", "v_proj">.
template <projection_name... Names>
struct projections {
  static bool holds(const dims& /*sizes*/, const parameter_part& output, index_t /*in*/) {
    return ((output.name == Names.view()) || ...);
  }
};

using query_value_projections = projections<"q_proj", "v_proj">;
using attention_projections = projections<"q_proj", "k_proj", "v_proj", "o_proj">;

struct all_projections {
  static bool holds(const dims& /*sizes*/, const parameter_part& /*output*/, index_t /*in*/) { return true; }
};

/// Those with as many outputs as inputs: the rule of the reference implementation.
struct square_projections {
  static bool holds(const dims& /*sizes*/, const parameter_part& output, index_t in) { return output.rows == in; }
};

/// Those that dims::lora.projections lists, for whoever learns it from a file or an option.
struct listed_projections {
  static bool holds(const dims& sizes, const parameter_part& output, index_t in) {
    return sizes.lora.lists(output.name, output.rows == in);
  }
};

}  // namespace zer0

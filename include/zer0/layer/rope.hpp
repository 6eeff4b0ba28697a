// Position policies of an attention: rotary embeddings, or none.
#pragma once

#include <zer0/core/detail/compiled.hpp>
#include <zer0/core/dims.hpp>
#include <zer0/core/roles.hpp>
#include <zer0/layer/layer.hpp>

#include <concepts>
#include <string_view>
#include <utility>
#include <vector>

namespace zer0 {

/// The angles of a rotary embedding: pair j (of C/2) is turned by position * frequencies[j]
/// radians, and cos and sin are multiplied by `magnitude`.
struct rope_angles {
  std::vector<double> frequencies;
  double magnitude = 1;
};

/// Rotary frequencies theta^(-2j/C), unscaled. A scaling policy has the same `angles` with other
/// frequencies; if config.json can name it, `rope_type` is that name (Hugging Face's, where there
/// is one).
struct unscaled {
  using role = rope_scaling_role;
  static constexpr std::string_view rope_type = "default";

  static rope_angles angles(const dims& sizes, index_t head_dim);
};

/// The base of the rotary policies below: turns pairs of elements in each head of queries and keys.
/// Throws zer0::error if a head has an odd number of elements.
template <rope_pairing Pairing, policy_for<rope_scaling_role> Scaling = unscaled>
struct basic_rope {
  using role = position_role;
  using scaling = Scaling;
  static constexpr rope_pairing pairing = Pairing;

  template <device Device>
  class layer {
   public:
    using real = typename Device::real;

    explicit layer(const dims& sizes) : head_dim_(sizes.head_size()) {
      require(head_dim_ % 2 == 0, "rope: a head has ", head_dim_,
              " elements; rotary positions turn pairs, so use an even number");
      rope_angles angles = Scaling::angles(sizes, head_dim_);
      frequencies_.numbers = std::move(angles.frequencies);
      magnitude_ = angles.magnitude;
    }

    void parameters(parameter_list<real>& list) { list.add(frequencies_); }

    /// Turns x (N, heads*C), queries and keys side by side, in place.
    void forward(context<Device>& c, tensor_view<real> x) { turn(c, rope_direction::forward, x); }
    void backward(context<Device>& c, tensor_view<real> dx) {
      turn(c, rope_direction::backward, dx);
    }

   private:
    void turn(context<Device>& c, rope_direction direction, tensor_view<real> x) {
      rotate(c.device, {.pairing = Pairing,
                        .direction = direction,
                        .head_dim = head_dim_,
                        .positions = c.layout.positions,
                        .frequencies = frequencies_.value,
                        .magnitude = magnitude_,
                        .x = x});
    }

    index_t head_dim_;
    double magnitude_ = 1;
    layer_constant<real> frequencies_;
  };
};

/// Rotary positions on interleaved pairs (x[2j], x[2j+1]), as in Llama's original weights and the
/// reference implementation. Source: Su et al. 2021, arXiv:2104.09864.
struct rope : basic_rope<rope_pairing::interleaved> {};

/// Rotary positions on half-split pairs (x[j], x[j + C/2]), as in Hugging Face models.
struct rope_half_split : basic_rope<rope_pairing::half_split> {};

/// `Rope` with frequencies scaled by `Scaling`, for sequences longer than those of the original
/// training: scaled_rope<rope_half_split, yarn>. Sizes: dims::rope_scaling.
template <class Rope, class Scaling>
struct scaled_rope : basic_rope<Rope::pairing, Scaling> {
  static_assert(std::derived_from<Rope, basic_rope<Rope::pairing>>,
                "zer0::scaled_rope<Rope, Scaling>: Rope is rope or rope_half_split, which are not "
                "scaled yet");
};

/// Queries and keys are not turned. Positions are then added to the embeddings (learned_positions),
/// or only the causal mask tells tokens apart: gqa<no_position>. Source: Kazemnejad et al. 2023,
/// arXiv:2305.19466.
struct no_position {
  using role = position_role;
  static constexpr rope_pairing pairing = rope_pairing::half_split;  ///< rows in the order of files

  template <device Device>
  class layer {
   public:
    using real = typename Device::real;

    explicit layer(const dims& /*sizes*/) {}
    void parameters(parameter_list<real>& /*list*/) {}
    void forward(context<Device>& /*c*/, tensor_view<real> /*x*/) {}
    void backward(context<Device>& /*c*/, tensor_view<real> /*dx*/) {}
  };
};

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/layer/detail/rope.ipp>
#endif
